import ByteKit
import DumpFiles
import Foundation
import Memory
import Testing

/// Every page of real dumps, as libkdumpfile reads it and as makedumpfile rewrites it.
///
/// It needs both of these and minutes, so it is skipped unless `scripts/lab/pages` runs it.
@Suite(.enabled(if: PageOracle.isWanted, "scripts/lab/pages compares pages with other programs'"))
struct PageOracleTests {
  /// A page frame that two memories do not hold alike.
  private struct Difference: CustomStringConvertible {
    let frame: UInt64
    let description: String
  }

  /// What a memory has of another's pages.
  private struct Agreement {
    var equal = 0
    /// The pages that only the other has.
    var absent: Set<UInt64> = []
    var differences: [Difference] = []
  }

  private func agreement(
    of memory: any PhysicalMemory, with whole: any PhysicalMemory
  ) -> Agreement {
    var agreement = Agreement()
    for frame in whole.frames.flatMap({ $0.lowerBound.rawValue..<$0.upperBound.rawValue }) {
      let expected = try? whole.page(PageFrame(frame))
      let status = memory.status(of: PageFrame(frame))
      do {
        let page = try memory.page(PageFrame(frame))
        if case .absent = status {
          agreement.differences.append(.init(frame: frame, description: "\(frame) is \(status)"))
        } else if page == expected {
          agreement.equal += 1
        } else {
          let lacks = expected == nil ? "has contents" : "has other contents"
          agreement.differences.append(.init(frame: frame, description: "\(frame) \(lacks)"))
        }
      } catch Absence.excluded, Absence.excludedOrZero, Absence.hole {
        if expected != nil { agreement.absent.insert(frame) }
      } catch {
        agreement.differences.append(.init(frame: frame, description: "\(frame): \(error)"))
      }
    }
    return agreement
  }

  private func open(_ files: [String]) throws -> DumpFile {
    var dump = try DumpFile.open(path: files[0])
    for file in files.dropFirst() { dump = try dump.joined(with: try DumpFile.open(path: file)) }
    return dump
  }

  /// Expects libkdumpfile to read the same pages of a dump, and none of those that are absent.
  private func expectEqual(
    _ files: [String], _ dump: DumpFile, _ name: String, _ oracle: PageOracle
  ) throws -> String {
    let block = dump.format.kdump?.blockSize ?? .kib4
    let rewritten = try oracle.rewrite(files, blockSize: block, to: "kdumpfile.elf")
    let other = try open([rewritten]).memory
    let mine = agreement(of: dump.memory, with: other)
    #expect(
      mine.differences.isEmpty && mine.absent.isEmpty, "\(name): \(mine.differences.first as Any)")
    let theirs = agreement(of: other, with: dump.memory)
    #expect(theirs.differences.isEmpty && theirs.absent.isEmpty, "\(name): they lack pages")
    #expect(mine.equal == theirs.equal && mine.equal > 0, "\(name)")
    return rewritten
  }

  @Test(arguments: PageOracle.dumps) func everyFormHasTheSamePages(path: String) throws {
    let oracle = try PageOracle()
    defer { oracle.finish() }
    let dump = try DumpFile.open(path: path)
    var source = path
    if dump.format.isFlattened {
      source = oracle.path("plain")
      try oracle.run(["makedumpfile", "-R", source], input: path)
      let plain = agreement(of: try open([source]).memory, with: dump.memory)
      #expect(plain.differences.isEmpty && plain.absent.isEmpty, "rearranged")
    }
    let elf = try expectEqual([source], dump, "as it is", oracle)
    let whole = oracle.path("whole.elf")
    try FileManager.default.moveItem(atPath: elf, toPath: whole)
    guard let makedumpfile = PageOracle.makedumpfile(for: dump.machine) else {
      print("\(path): no makedumpfile for its machine: MAKEDUMPFILE_ARM64 names one")
      return
    }
    var left: [Int: Set<UInt64>] = [:]
    for form in DumpForm.all {
      let files: [String]
      do {
        files = try form.write(whole, with: makedumpfile, oracle)
      } catch {
        print("\(path): not written: \(form.name)")
        continue
      }
      let rewritten = try open(files)
      let found = agreement(of: rewritten.memory, with: dump.memory)
      #expect(found.differences.isEmpty, "\(form.name): \(found.differences.first as Any)")
      #expect(found.equal > 0, "\(form.name)")
      print("\(path): \(form.name): \(found.equal) pages equal, \(found.absent.count) left out")
      guard rewritten.format.container == .kdumpCompressed else { continue }
      #expect(left[form.level, default: found.absent] == found.absent, "\(form.name)")
      left[form.level] = found.absent
      guard !rewritten.format.isFlattened else { continue }
      _ = try expectEqual(files, rewritten, form.name, oracle)
    }
  }
}
