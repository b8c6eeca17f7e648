/// Where distributions put the debug files of a kernel.
struct DebugFilePlaces {
  /// The kernel's release, if known.
  let release: String?
  /// The kernel's build ID in lower-case hexadecimal, if known.
  let buildID: String?
  /// The folder that stands for the file system's root.
  var root = ""

  /// The paths at which the kernel's own debug file may be, the surest first.
  var kernelFiles: [String] {
    var places: [String] = []
    if let buildID, buildID.count > 2 {
      places.append("/usr/lib/debug/.build-id/\(buildID.prefix(2))/\(buildID.dropFirst(2)).debug")
    }
    if let release {
      places += [
        "/usr/lib/debug/boot/vmlinux-\(release)",
        "/usr/lib/debug/lib/modules/\(release)/vmlinux",
        "/boot/vmlinux-\(release)",
        "/lib/modules/\(release)/vmlinux",
        "/lib/modules/\(release)/build/vmlinux",
      ]
    }
    return places.map { root + $0 }
  }

  /// The folders that may hold the debug files of modules, the surest first.
  var moduleFolders: [String] {
    guard let release else { return [] }
    return ["/usr/lib/debug/lib/modules/\(release)", "/lib/modules/\(release)"].map { root + $0 }
  }

  /// What to install to have the kernel's debug file, by the way distributions name releases.
  var package: String? {
    guard let release else { return nil }
    let debianFlavours = ["-amd64", "-arm64", "-arm64-16k", "-cloud-amd64", "-rt-amd64"]
    if debianFlavours.contains(where: release.hasSuffix) {
      return "Debian's package linux-image-\(release)-dbg"
    }
    if release.hasSuffix("-generic") || release.hasSuffix("-lowlatency") {
      return "Ubuntu's package linux-image-\(release)-dbgsym"
    }
    if release.contains(".el") || release.contains(".fc") {
      return "the package kernel-debuginfo-\(release)"
    }
    if release.hasSuffix("-default") { return "SUSE's package kernel-default-debuginfo" }
    return nil
  }
}
