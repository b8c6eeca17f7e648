import ByteKit
import DebugInfo
import DumpFiles
import Elfutils
import Evidence
import KernelImage
import Memory
import Survey
import Trimming

/// A dump, and the way from it to evidence: debug file, kernel, modules, survey.
struct DumpCase {
  private let files: [InputDescription.File]
  let dump: DumpFile
  /// The memory that the kernel is looked for in.
  private let memory: any PhysicalMemory

  /// What a dump comes to.
  struct Outcome {
    var subject: Subject
    var input: InputDescription
    let kernel: Kernel
  }

  /// Opens a dump, or all parts of a split one; throws when a file is none, or belongs to another.
  ///
  /// What is looked at of it is noted in `touched`.
  init(
    paths: [String], _ options: CaseOptions, touched: TouchedFrames? = nil
  ) throws(IntakeFailure) {
    var files: [InputDescription.File] = []
    var dump: DumpFile?
    for path in paths {
      do throws(DumpFailure) {
        let part = try DumpFile.open(path: path, rawStart: options.rawStart)
        dump = try dump?.joined(with: part) ?? part
        let size = (try? Bytes.mapped(path: path).count) ?? 0
        files.append(.init(path: path, size: size, format: part.format.description))
      } catch {
        throw IntakeFailure(error, path: path)
      }
    }
    guard let dump else { throw IntakeFailure(.usage, "no input: name a dump") }
    self.dump = dump
    self.files = files
    memory = touched.map { WatchedMemory(dump.memory, touched: $0) } ?? dump.memory
  }

  /// The files' names, to begin a sentence about them.
  var name: String { files.map(\.path).joined(separator: ", ") }

  /// The pages by what the files say of them.
  private var tally: PageTally {
    PageTally(dump.memory, fileSize: files.reduce(0) { $0 &+ $1.size })
  }

  /// What the dump is, and whether its debug file can be found.
  ///
  /// Where makedumpfile may have left out slab pages, the slabs are looked at for that.
  func description(_ options: CaseOptions) async -> InputDescription {
    var remarks: [String] = []
    var modules: [InputDescription.ModuleFile]?
    let debugFile = debugFile(options, &modules, remarks: &remarks)
    var tally = tally
    tally.tryContents()
    remarks += [tally.remark].compactMap { $0 }
    let writer = WriterRemarks(dump, pages: tally.counts)
    if writer.isSuspicious, case .found = debugFile, let coverage = await coverage(options) {
      remarks += writer.of(coverage)
    } else {
      remarks += writer.ofFile
    }
    return describe(debugFile, tally, modules, remarks: remarks)
  }

  private func debugFile(
    _ options: CaseOptions, _ modules: inout [InputDescription.ModuleFile]?,
    remarks: inout [String]
  ) -> InputDescription.DebugFile {
    let opening: KernelOpening
    do throws(IntakeFailure) {
      opening = try self.opening()
    } catch {
      remarks.append(error.sentence)
      return .untried(path: options.vmlinux)
    }
    do throws(IntakeFailure) {
      let vmlinux = try KernelFileChoice(opening: opening, options: options)
      remarks += vmlinux.remarks
      modules = self.modules(opening, vmlinux, options, remarks: &remarks)
      return .found(path: vmlinux.file.path, match: vmlinux.match)
    } catch {
      return options.vmlinux.map { .unusable(path: $0, sentence: error.sentence) }
        ?? .missing(sentence: error.sentence)
    }
  }

  /// The modules with their files; nil when they cannot be known, for which there is a remark.
  private func modules(
    _ opening: KernelOpening, _ vmlinux: KernelFileChoice, _ options: CaseOptions,
    remarks: inout [String]
  ) -> [InputDescription.ModuleFile]? {
    let types = DwarfTypes(
      kernel: vmlinux.file, relocation: vmlinux.relocation, symbols: vmlinux.symbols)
    do {
      let kernel = try opening.kernel(symbols: vmlinux.symbols, types: types)
      let files = try ModuleFileChoice(kernel, opening, options)
      remarks += files.remarks
      return files.listed
    } catch let failure as KernelFailure {
      remarks.append(sentence(failure))
    } catch let failure as IntakeFailure {
      remarks.append(failure.sentence)
    } catch {}
    return nil
  }

  /// How much of the slabs is in the dump; nil when that cannot be told.
  private func coverage(_ options: CaseOptions) async -> Coverage? {
    let outcome = try? await outcome(options, extent: [], progress: nil)
    return outcome?.subject.coverage
  }

  /// The evidence in the dump, as far as it is wanted.
  func outcome(
    _ options: CaseOptions, extent: CaseExtent, progress: (any ProgressSink)?
  ) async throws(IntakeFailure) -> Outcome {
    let opening = try opening()
    progress?.began("looking for the debug information")
    let vmlinux = try KernelFileChoice(opening: opening, options: options)
    var remarks = vmlinux.remarks

    progress?.began("reading symbols and types")
    let types = DwarfTypes(
      kernel: vmlinux.file, relocation: vmlinux.relocation, symbols: vmlinux.symbols)
    var kernel: Kernel
    do throws(KernelFailure) {
      kernel = try opening.kernel(symbols: vmlinux.symbols, types: types)
    } catch {
      throw IntakeFailure(.data, "\(name): \(sentence(error))")
    }
    remarks += kernel.damage.map(\.summary)

    progress?.began("reading the modules")
    let modules = try ModuleFileChoice(kernel, opening, options)
    remarks += modules.remarks
    var builder = vmlinux.collected
    remarks += kernel.modules.addSymbols(to: &builder).map(\.summary)
    kernel.symbols = SymbolTable(builder)
    kernel.types = DwarfTypes(
      kernel: vmlinux.file, relocation: vmlinux.relocation, modules: modules.files,
      symbols: kernel.symbols)

    progress?.began("taking the census of the slab caches")
    let survey: SlabSurvey
    do throws(LayoutFailure) {
      survey = try SlabSurvey(kernel)
    } catch {
      throw IntakeFailure(
        .data,
        "\(vmlinux.file.path): it has no \(error.missing), without which no slab can be read; "
          + "give a vmlinux with debug information by --vmlinux")
    }
    var (census, coverage) = await survey.census()
    coverage.remarks = remarks + coverage.remarks
    let scan = MemoryScan(kernel, census: census)
    var subject = Subject(
      kernel: identity(opening, relocation: vmlinux.relocation), census: census,
      memory: kernel.memory, addressSpace: AddressSpace(kernel.regions), symbols: kernel.symbols,
      types: kernel.types, modules: modules.modules, coverage: coverage,
      references: scan,
      allocations: RecordedAllocations(kernel, census: census),
      audit: ReferenceCounts(kernel, census: census, scan: scan),
      routes: RouteCounts(kernel, census: census, scan: scan))
    let late = TimeLimit.isOver
    if late, !extent.isEmpty {
      subject.coverage.remarks.append(
        "time was over: sockets were not looked for, nor was memory accounted for")
      subject.coverage.isStopped = true
    }
    if extent.contains(.sockets), !late {
      progress?.began("looking for sockets that nobody reads")
      addSockets(to: &subject, kernel)
    }
    if extent.contains(.memory), !late {
      progress?.began("accounting for memory")
      await addAccount(to: &subject, kernel)
    }
    if extent.contains(.charges) {
      progress?.began("reading the control groups")
      subject.charges = ChargedObjects(kernel, census: census)
    }
    let debugFile = InputDescription.DebugFile.found(
      path: vmlinux.file.path, match: vmlinux.match)
    let tally = tally
    let writer = WriterRemarks(dump, pages: tally.counts)
    subject.coverage.remarks =
      (subject.coverage.remarks + writer.of(subject.coverage)).toldOnce
    return Outcome(
      subject: subject,
      input: describe(debugFile, tally, modules.listed, remarks: subject.coverage.remarks),
      kernel: kernel)
  }

  private func addSockets(to subject: inout Subject, _ kernel: Kernel) {
    let found = SocketSurvey(kernel, census: subject.census).outcome()
    subject.sockets = found.sockets
    subject.tasks = found.tasks
    subject.filelessSockets = found.fileless
    subject.coverage.remarks += found.remarks
  }

  private func addAccount(to subject: inout Subject, _ kernel: Kernel) async {
    do throws(LayoutFailure) {
      let memory = await (try MemorySurvey(kernel, census: subject.census)).account()
      subject.accounts = [memory.account]
      subject.ghosts = memory.ghosts
    } catch {
      subject.coverage.remarks.append("where memory went is not known: \(error)")
    }
  }

  private func opening() throws(IntakeFailure) -> KernelOpening {
    guard let info = dump.vmcoreinfo else {
      throw IntakeFailure(.data, "\(name): \(KernelFailure.noVMCoreInfo.sentence)")
    }
    guard let machine = dump.machine else {
      throw IntakeFailure(.data, "\(name): \(KernelFailure.unknownMachine.sentence)")
    }
    do throws(KernelFailure) {
      return try KernelOpening(physical: memory, machine: machine, info: info)
    } catch {
      throw IntakeFailure(.data, "\(name): \(sentence(error))")
    }
  }

  /// A failure behind what may be the reason for it.
  private func sentence(_ failure: KernelFailure) -> String {
    shortfall.map { "\($0). \(failure.sentence)" } ?? failure.sentence
  }

  /// What may be the reason that something cannot be found in the dump, in a clause.
  var shortfall: String? {
    let pages = tally.counts
    if let elsewhere = pages[.missingPart] {
      return "of its pages, \(elsewhere.grouped) are in files that were not given: name all parts "
        + "of the dump"
    }
    if dump.format.isTruncated { return "the file ends early: copy it again" }
    return dump.format.isIncomplete ? "the dump was never finished: take it again" : nil
  }

  private func identity(_ opening: KernelOpening?, relocation: UInt64?) -> KernelIdentity {
    KernelIdentity(
      release: opening?.release ?? dump.vmcoreinfo?.osRelease, machine: dump.machine,
      buildID: dump.vmcoreinfo?.buildID, relocation: relocation ?? dump.vmcoreinfo?.kernelOffset)
  }

  private func describe(
    _ vmlinux: InputDescription.DebugFile, _ tally: PageTally,
    _ modules: [InputDescription.ModuleFile]?, remarks: [String]
  ) -> InputDescription {
    var description = InputDescription(
      files: files,
      kernel: identity(nil, relocation: nil), pageSize: dump.memory.pageSize.bytes,
      dumpLevel: dump.format.kdump?.dumpLevel, pages: tally.listed, holes: tally.holes,
      vmlinux: vmlinux, remarks: remarks)
    description.modules = modules
    return description
  }
}
