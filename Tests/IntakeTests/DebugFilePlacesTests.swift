import Testing

@testable import Intake

@Suite("Where debug files are looked for")
struct DebugFilePlacesTests {
  @Test("by build ID first, then by release")
  func kernelFiles() {
    let places = DebugFilePlaces(release: "6.1.0-50-amd64", buildID: "06f8bde3", root: "/root")
    #expect(places.kernelFiles.first == "/root/usr/lib/debug/.build-id/06/f8bde3.debug")
    #expect(places.kernelFiles.contains("/root/usr/lib/debug/boot/vmlinux-6.1.0-50-amd64"))
    #expect(DebugFilePlaces(release: nil, buildID: nil).kernelFiles.isEmpty)
  }

  @Test(
    "the package to install, by the names of the distributions",
    arguments: [
      ("6.1.0-50-amd64", "linux-image-6.1.0-50-amd64-dbg"),
      ("6.12.107+deb13-arm64-16k", "linux-image-6.12.107+deb13-arm64-16k-dbg"),
      ("6.8.0-31-generic", "linux-image-6.8.0-31-generic-dbgsym"),
      ("5.14.0-427.el9.x86_64", "kernel-debuginfo-5.14.0-427.el9.x86_64"),
    ])
  func package(release: String, package: String) throws {
    let advice = try #require(DebugFilePlaces(release: release, buildID: nil).package)
    #expect(advice.hasSuffix(package))
  }

  @Test("a kernel of one's own has no package")
  func ownKernel() {
    #expect(DebugFilePlaces(release: "6.1.192-lab", buildID: nil).package == nil)
  }

  @Test(
    "the name of the module in a file",
    arguments: [
      ("leakmod.ko", "leakmod"), ("a/b/virtio-net.ko.xz", "virtio_net"), ("x.ko.debug", "x"),
    ])
  func moduleName(path: String, name: String) {
    #expect(ModuleFileChoice.moduleName(path) == name)
  }

  @Test("what is no module has no name", arguments: ["vmlinux", "x.ko.txt", "x.o", ""])
  func noModule(path: String) {
    #expect(ModuleFileChoice.moduleName(path) == nil)
  }
}
