import Evidence
import FixtureKit
import Memory
import Testing

@testable import Analysis

@Suite("From a show function to the release function that is wrong")
struct SingleOpenCauseTests {
  typealias File = FileOfModule

  /// A way to write `tm_open`.
  struct Opener: CustomTestStringConvertible {
    let testDescription: String
    let machine: Machine
    let code: [(VirtualAddress, [UInt8])]

    static func x86(_ name: String, _ write: (inout X86Writer) -> Void) -> Opener {
      var code = X86Writer(at: File.open)
      write(&code)
      return Opener(testDescription: name, machine: .x86_64, code: [(File.open, code.bytes)])
    }

    /// `single_open` is too far from a module for `bl`, so that a veneer is needed.
    static func arm64(
      _ name: String, marked: Bool = false, _ write: (inout ARM64Writer) -> Void
    ) -> Opener {
      var code = ARM64Writer(at: File.open)
      write(&code)
      var veneer = ARM64Writer(at: File.veneers)
      if marked { veneer.btiC() }
      veneer.adrp(16, File.singleOpen)
      veneer.add(16, 16, low: File.singleOpen)
      veneer.br(16)
      return Opener(
        testDescription: name, machine: .arm64,
        code: [(File.open, code.bytes), (File.veneers, veneer.bytes)])
    }
  }

  static let openers: [Opener] = [
    .x86("mov, call") {
      $0.endbr64()
      $0.fiveByteNop()
      $0.mov(File.show)
      $0.call(File.singleOpen)
      $0.ret()
    },
    .x86("movabs, jmp") {
      $0.movabs(File.show)
      $0.jmp(File.singleOpen)
    },
    .x86("lea, jne") {
      $0.lea(File.show)
      $0.jne(File.singleOpen)
      $0.ret()
    },
    .x86("call behind endbr64") {
      $0.lea(File.show)
      $0.call(File.singleOpen.advanced(by: 4))
    },
    .x86("call to the padding") {
      $0.lea(File.show)
      $0.call(File.singleOpen.advanced(by: -10))
    },
    .arm64("adrp, add, bl") {
      $0.paciasp()
      $0.adrp(1, File.show)
      $0.nop()
      $0.add(1, 1, low: File.show)
      $0.bl(File.veneers)
      $0.ret()
    },
    .arm64("adrp, add, add from another object, bl") {
      let other = File.show.advanced(by: -0x40)
      $0.adrp(2, other)
      $0.add(2, 2, low: other)
      $0.add(1, 2, low: VirtualAddress(0x40))
      $0.bl(File.veneers)
    },
    .arm64("adr, b to a marked veneer", marked: true) {
      $0.adr(1, File.show)
      $0.b(File.veneers)
    },
    .arm64("ldr of a literal") {
      $0.ldr(1, literalAfter: 3)
      $0.bl(File.veneers)
      $0.ret()
      $0.quad(File.show.rawValue)
    },
  ]

  /// A module whose `tm_open` is written the usual way.
  private func file(
    _ words: [(VirtualAddress, [UInt64])], more: [(VirtualAddress, [UInt8])] = []
  ) -> File {
    File(code: Self.openers[0].code + more, words: words)
  }

  private func x86(
    _ start: VirtualAddress, _ write: (inout X86Writer) -> Void
  ) -> (VirtualAddress, [UInt8]) {
    var code = X86Writer(at: start)
    write(&code)
    return (start, code.bytes)
  }

  private func diagnosis(_ file: File) async throws -> SeqFileCauses.Diagnosis {
    let subject = file.subject
    let finding = try #require(await Investigation(of: subject).findings.first)
    let group = try #require(finding.groups.first)
    var causes = SeqFileCauses(of: .single, in: subject)
    let diagnosis = causes.diagnosis(of: group)
    #expect(finding.cause == diagnosis.cause)
    #expect(diagnosis.evidence.allSatisfy(finding.evidence.contains))
    return diagnosis
  }

  @Test("However the open function is written, it leads to the table", arguments: openers)
  func located(opener: Opener) async throws {
    let table = File.operations(open: File.open, release: File.seqRelease)
    let found = try await diagnosis(
      File(machine: opener.machine, code: opener.code, words: [(File.operations, table)]))
    let cause = try #require(found.cause)
    #expect(
      cause.summary
        == "tm_ops.proc_release is seq_release; tm_open (leakmod.c:21) called single_open")
    #expect(cause.chain.map(\.symbol) == ["tm_show", "tm_open", "tm_ops", "seq_release"])
    #expect(cause.chain.map(\.line) == [20, 21, 24, 354])
    #expect(cause.chain.map(\.module) == ["leakmod", "leakmod", "leakmod", nil])
    #expect(
      cause.chain.map(\.file) == ["leakmod.c", "leakmod.c", "leakmod.c", "fs/seq_file.c"])
    #expect(found.isLocated)
    #expect(found.evidence.isEmpty)
  }

  @Test("A table with nothing to close a file with leaves objects too")
  func notSet() async throws {
    let found = try await diagnosis(
      file([(File.operations, File.operations(open: File.open, release: nil))]))
    #expect(
      found.cause?.summary
        == "tm_ops.proc_release is not set; tm_open (leakmod.c:21) called single_open")
    #expect(
      found.cause?.chain.map(\.symbol) == ["tm_show", "tm_open", "tm_ops", "tm_ops.proc_release"])
    #expect(found.isLocated)
  }

  @Test("Without debug information of the module, symbols lead to the table, but to no line")
  func symbolsAlone() async throws {
    var file = file([(File.operations, File.operations(open: File.open, release: File.seqRelease))])
    file.hasModuleTypes = false
    let found = try await diagnosis(file)
    #expect(
      found.cause?.summary == "tm_ops.proc_release is seq_release; tm_open called single_open")
    #expect(found.cause?.chain.map(\.line) == [nil, nil, nil, 354])
    #expect(found.isLocated)
  }

  @Test("A kernel without symbols of a module's objects leaves them to debug information")
  func noObjectSymbols() async throws {
    var file = file([
      (File.operations, File.operations(open: File.open, release: File.seqRelease)),
      // The module's own symbol table has the address of the function, too.
      (File.module.advanced(by: 0x3800), [0, 1, File.open.rawValue, 0x40]),
    ])
    file.hasObjectSymbols = false
    let described = try await diagnosis(file)
    #expect(
      described.cause?.summary
        == "tm_ops.proc_release is seq_release; tm_open (leakmod.c:21) called single_open")
    #expect(described.cause?.chain.map(\.line) == [20, 21, 24, 354])
    #expect(described.isLocated)

    file.hasModuleTypes = false
    let unnamed = try await diagnosis(file)
    #expect(
      unnamed.cause?.summary == "proc_ops.proc_release is seq_release; tm_open called single_open")
    #expect(!unnamed.isLocated)
  }

  @Test("Two tables may share an open function, one right, one wrong: that proves nothing")
  func shared() async throws {
    let found = try await diagnosis(
      file([
        (File.operations, File.operations(open: File.open, release: File.seqRelease)),
        (File.otherOperations, File.operations(open: File.open, release: File.singleRelease)),
      ]))
    #expect(found.cause?.summary.hasPrefix("tm_ops.proc_release is seq_release; ") == true)
    #expect(!found.isLocated)
    #expect(found.evidence.first?.hasPrefix("tm_ops2.proc_release is single_release, ") == true)
  }

  @Test("Two tables may both be wrong")
  func bothWrong() async throws {
    let found = try await diagnosis(
      file([
        (File.operations, File.operations(open: File.open, release: File.seqRelease)),
        (File.otherOperations, File.operations(open: File.open, release: nil)),
      ]))
    #expect(
      found.cause?.summary
        == "tm_ops.proc_release is seq_release, tm_ops2.proc_release is not set; tm_open "
        + "(leakmod.c:21) called single_open")
    #expect(found.isLocated)
  }

  @Test("A table that is right is no cause")
  func right() async throws {
    let found = try await diagnosis(
      file([(File.operations, File.operations(open: File.open, release: File.singleRelease))]))
    #expect(found.cause == nil)
    #expect(!found.isLocated)
    #expect(found.evidence.count == 1)
  }

  @Test("A release function of the module's own is judged by what it calls")
  func ownRelease() async throws {
    let table = [(File.operations, File.operations(open: File.open, release: File.close))]
    let frees = try await diagnosis(
      file(table, more: [x86(File.close) { $0.jmp(File.singleRelease) }]))
    #expect(frees.cause == nil)
    #expect(!frees.isLocated)
    let leaks = try await diagnosis(
      file(table, more: [x86(File.close) { $0.jmp(File.seqRelease) }]))
    #expect(
      leaks.cause?.summary.hasPrefix("tm_ops.proc_release is tm_close, which calls seq_release; ")
        == true)
    #expect(leaks.isLocated)
    let unclear = try await diagnosis(file(table))
    #expect(unclear.cause?.summary.contains("no call of single_release was found") == true)
    #expect(!unclear.isLocated)
  }

  @Test("When two functions open files with the same show function, it may be either")
  func severalOpeners() async throws {
    let other = x86(File.otherOpen) {
      $0.mov(File.show)
      $0.jmp(File.singleOpenSize)
    }
    let found = try await diagnosis(
      file(
        [(File.operations, File.operations(open: File.otherOpen, release: File.seqRelease))],
        more: [other]))
    #expect(
      found.cause?.summary.hasSuffix("; tm_open2 (leakmod.c:22) called single_open_size") == true)
    #expect(!found.isLocated)
    #expect(
      found.evidence == ["several functions pass tm_show to single_open: tm_open, tm_open2"])
  }

  @Test("A table may be a part of a structure in an array")
  func embedded() async throws {
    let second = File.files.advanced(by: 104 + 8)
    let found = try await diagnosis(
      file([(second, File.operations(open: File.open, release: File.seqRelease))]))
    #expect(
      found.cause?.summary.hasPrefix("tm_files+0x70.proc_release is seq_release; ") == true)
    #expect(found.isLocated)
  }

  @Test("An open function in data that is no table leads nowhere, and makes a cause uncertain")
  func elsewhere() async throws {
    let stray = (File.files, [File.open.rawValue])
    #expect(try await diagnosis(file([stray])).cause == nil)
    let table = (File.operations, File.operations(open: File.open, release: File.seqRelease))
    let found = try await diagnosis(file([table, stray]))
    #expect(found.cause != nil)
    #expect(!found.isLocated)
  }

  /// An open function that calls another one of the module, and which of the two refers to show.
  private func byWay(refersItself: Bool) -> File {
    let table = (File.operations, File.operations(open: File.open, release: File.seqRelease))
    let opens = x86(File.open) {
      if refersItself { $0.mov(File.show) }
      $0.call(File.otherOpen)
      $0.ret()
    }
    let calls = x86(File.otherOpen) {
      if !refersItself { $0.mov(File.show) }
      $0.jmp(File.singleOpen)
    }
    return File(code: [opens, calls], words: [table])
  }

  @Test("A call by way of another function of the module is followed", arguments: [true, false])
  func wrapper(refersItself: Bool) async throws {
    let found = try await diagnosis(byWay(refersItself: refersItself))
    #expect(
      found.cause?.summary
        == "tm_ops.proc_release is seq_release; tm_open (leakmod.c:21) called tm_open2, which calls "
        + "single_open")
    #expect(found.evidence.isEmpty)
    #expect(found.isLocated)
  }

  @Test("Functions that do not refer to show lead nowhere")
  func unknowing() async throws {
    let table = (File.operations, File.operations(open: File.open, release: File.seqRelease))
    let opens = x86(File.open) { $0.jmp(File.otherOpen) }
    let calls = x86(File.otherOpen) { $0.jmp(File.singleOpen) }
    #expect(try await diagnosis(File(code: [opens, calls], words: [table])).cause == nil)
  }

  @Test("A comparison with the address of show does not pass it on")
  func otherInstruction() async throws {
    let table = (File.operations, File.operations(open: File.open, release: File.seqRelease))
    let compares = x86(File.open) {
      $0.cmp(File.show)
      $0.jmp(File.singleOpen)
    }
    #expect(try await diagnosis(File(code: [compares], words: [table])).cause == nil)
  }

  @Test("Files of the kernel itself are looked for in all of its code", arguments: Machine.allCases)
  func kernel(machine: Machine) async throws {
    var file = File(
      machine: machine,
      words: [
        (File.kernelOps, File.operations(open: File.kernelOpen, release: File.seqRelease))
      ], show: File.kernelShow)
    switch machine {
    case .x86_64:
      file.code = [
        x86(File.kernelOpen) {
          $0.mov(File.kernelShow)
          $0.jmp(File.singleOpen)
        }
      ]
    case .arm64:
      var code = ARM64Writer(at: File.kernelOpen)
      code.adrp(1, File.kernelShow)
      code.add(1, 1, low: File.kernelShow)
      code.bl(File.singleOpen)
      file.code = [(File.kernelOpen, code.bytes)]
    }
    let found = try await diagnosis(file)
    #expect(
      found.cause?.summary
        == "own_ops.proc_release is seq_release; own_open (seq_file.c:30) called single_open")
    #expect(found.isLocated)
  }

  @Test("Code that is not in the dump is not searched, and nothing is made up for it")
  func absent() async throws {
    var subject = file([
      (File.operations, File.operations(open: File.open, release: File.seqRelease))
    ]).subject
    var memory = try #require(subject.memory as? FixtureMemory)
    memory.removePage(at: File.open)
    subject.memory = memory
    let finding = try #require(await Investigation(of: subject).findings.first)
    #expect(finding.cause == nil)
  }
}
