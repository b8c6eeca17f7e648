// swift-tools-version: 6.2
import PackageDescription

/// Every target: Swift 6 mode, strict memory safety, warnings are errors.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// ByteKit alone lends spans of memory it owns, which needs lifetime annotations.
let lending = house + [.enableExperimentalFeature("Lifetimes")]

/// A system C library, found through pkg-config.
func library(_ name: String, pkgConfig: String, package: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A target of the project's own.
func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: house)
}

/// A target of tests.
func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

let package = Package(
  name: "slabscope",
  products: [
    .executable(name: "slabscope", targets: ["slabscope"]),
    .executable(name: "slabscope-bench", targets: ["slabscope-bench"]),
    .executable(name: "slabscope-fuzz", targets: ["slabscope-fuzz"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    library("CElfutils", pkgConfig: "libdw", package: "libdw-dev"),
    library("CDeflate", pkgConfig: "libdeflate", package: "libdeflate-dev"),
    library("CZstd", pkgConfig: "libzstd", package: "libzstd-dev"),
    library("CLZMA", pkgConfig: "liblzma", package: "liblzma-dev"),
    library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
    library("CLZO", pkgConfig: "lzo2", package: "liblzo2-dev"),
    library("CSnappy", pkgConfig: "snappy", package: "libsnappy-dev"),

    .target(name: "ByteKit", swiftSettings: lending),
    module(
      "Codecs", "ByteKit", "CDeflate", "CZstd", "CLZO", "CSnappy", "CLZMA", "CZlib"),
    module("Memory", "ByteKit"),
    module("DumpFiles", "Memory", "Codecs", "ByteKit"),
    module("DebugInfo", "Memory", "ByteKit"),
    module("Elfutils", "DebugInfo", "Memory", "Codecs", "ByteKit", "CElfutils"),
    module("Evidence", "Memory", "DebugInfo", "ByteKit"),
    module("KernelImage", "DumpFiles", "DebugInfo", "Memory", "ByteKit"),
    module("Survey", "KernelImage", "Evidence", "DebugInfo", "Memory", "ByteKit"),
    module("Transcript", "Evidence", "DebugInfo", "Memory", "Codecs", "ByteKit"),
    module("Analysis", "Evidence", "DebugInfo", "Memory", "ByteKit"),
    module("Reports", "Analysis", "Evidence", "DebugInfo", "Memory"),
    module("Trimming", "DumpFiles", "Analysis", "Evidence", "Memory", "ByteKit"),
    module(
      "Intake", "Trimming", "Survey", "Transcript", "KernelImage", "Elfutils", "DumpFiles",
      "Evidence", "DebugInfo", "Memory", "ByteKit"),
    .executableTarget(
      name: "slabscope",
      dependencies: [
        "Intake", "Reports", "Trimming", "DumpFiles", "Analysis", "Evidence", "Memory",
        "ByteKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: house),
    module(
      "FixtureKit", "Codecs", "DumpFiles", "DebugInfo", "KernelImage", "Evidence", "Memory",
      "ByteKit"),
    .executableTarget(
      name: "slabscope-bench",
      dependencies: [
        "Transcript", "FixtureKit", "ByteKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], swiftSettings: house),
    .target(name: "CFuzzer"),
    module(
      "FuzzTargets", "Intake", "Reports", "Analysis", "Survey", "Transcript", "KernelImage",
      "DumpFiles", "DebugInfo", "Codecs", "FixtureKit", "Evidence", "Memory", "ByteKit"),
    .executableTarget(
      name: "slabscope-fuzz", dependencies: ["FuzzTargets", "CFuzzer", "ByteKit"],
      swiftSettings: house),

    tests("ByteKitTests", "ByteKit"),
    tests("CodecsTests", "Codecs", "FixtureKit", "ByteKit"),
    tests("MemoryTests", "Memory", "ByteKit"),
    tests("DumpFilesTests", "DumpFiles", "Codecs", "FixtureKit", "Memory", "ByteKit"),
    tests("DebugInfoTests", "DebugInfo", "FixtureKit", "Memory", "ByteKit"),
    tests("ElfutilsTests", "Elfutils", "DebugInfo", "FixtureKit", "Memory", "ByteKit"),
    tests("EvidenceTests", "Evidence", "Memory"),
    tests(
      "KernelImageTests", "KernelImage", "FixtureKit", "DumpFiles", "DebugInfo", "Memory",
      "ByteKit"),
    tests(
      "SurveyTests", "Survey", "KernelImage", "FixtureKit", "DumpFiles", "Codecs", "Evidence",
      "DebugInfo", "Memory", "ByteKit"),
    tests(
      "TranscriptTests", "Transcript", "Analysis", "FixtureKit", "Evidence", "DebugInfo", "Memory",
      "ByteKit"),
    tests("AnalysisTests", "Analysis", "FixtureKit", "Evidence", "DebugInfo", "Memory", "ByteKit"),
    tests("ReportsTests", "Reports", "Analysis", "Evidence", "DebugInfo", "Memory", "ByteKit"),
    tests("FuzzTargetsTests", "FuzzTargets", "FixtureKit", "ByteKit"),
    tests("IntakeTests", "Intake", "FixtureKit", "Evidence", "Memory", "ByteKit"),
    tests(
      "TrimmingTests", "Trimming", "Analysis", "FixtureKit", "DumpFiles", "Evidence", "Memory",
      "ByteKit"),
    .testTarget(
      name: "GoldenTests", dependencies: ["FixtureKit", "DumpFiles", "Memory", "ByteKit"],
      exclude: ["Goldens"],
      swiftSettings: house),
  ]
)
