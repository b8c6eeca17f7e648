/// A type of objects that count who holds them, and what is known of their holders.
///
/// All of it is data: one audit works on all types. A holder is whatever has a pointer to an object.
/// Only types belong here whose holders have one, as a whole word.
struct CountedType: Sendable {
  /// Where the objects are found.
  enum Place: Sendable {
    /// In slab caches with these names.
    case caches([String])
    /// In the slab caches of all network protocols.
    case protocols
    /// On the lists of network devices.
    case devices
  }

  /// Where a count is kept, and how.
  enum Count: Sendable {
    /// An integer, or an `atomic_t` or `refcount_t`.
    case number(String)
    /// One less than the count: a `file_ref_t`.
    case lessOne(String)
    /// A part for each CPU, which add up: a per-CPU pointer, and a member behind it if it is not
    /// the number itself.
    case perCPU(String, member: String?)
    /// Two sums over all CPUs, of how often it was taken and dropped.
    case perCPUDifference(String, taken: String, dropped: String)

    /// The member that somebody would look at.
    var path: String {
      switch self {
      case .number(let path), .lessOne(let path), .perCPU(let path, _): path
      case .perCPUDifference(let path, _, _): path
      }
    }

    /// How drgn computes the count of an object `o`.
    var expression: String {
      switch self {
      case .number(let path): "o.\(path)"
      case .lessOne(let path): "o.\(path).refcnt.counter + 1"
      case .perCPU(_, nil): sum("p[0]")
      case .perCPU(_, let member?): sum("p.\(member)")
      case .perCPUDifference(_, let taken, let dropped): sum("p.\(taken) - p.\(dropped)")
      }
    }

    /// The sum over all CPUs of what drgn computes of a CPU's part `p`.
    private func sum(_ part: String) -> String {
      "sum(\(part) for p in (per_cpu_ptr(o.\(path), c) for c in for_each_possible_cpu(prog)))"
    }
  }

  /// A member that tells an object of the type from others in the same cache.
  struct Witness: Sendable {
    /// A pointer; `a[].b` is that of the first element of an array.
    let path: String
    /// The caches that it leads to; empty for any.
    var caches: [String] = []
    /// Variables that it may lead to instead.
    var variables: [String] = []
  }

  /// Where objects of another type keep pointers to those of this one.
  struct Pointers: Sendable {
    /// The first of these structures that there is.
    let structures: [String]
    /// Functions in whose unit it is.
    let anchors: [String]
    /// Their cache.
    let cache: String
    let members: [String]
  }

  /// What an object must be like for its count to be looked at.
  enum Condition: Sendable {
    /// A member has one of these bits.
    case bits(String, UInt64)
    /// A member is 0.
    case zero(String)
  }

  let name: String
  /// Functions in whose unit the type is complete.
  let anchors: [String]
  let place: Place
  /// The first of these that the type has is its count.
  let counts: [Count]
  var witnesses: [Witness] = []
  var condition: Condition?
  /// Members that lists, trees and tables lead to, whose words hold nobody.
  var links: [String] = []
  /// The first byte that a link may lead to: what leads before it may be a holder's pointer with
  /// something in its lowest bits.
  var firstLink = 8
  /// Whether what a `struct page` leads to is not held by that.
  var pagesHoldNobody = false
  /// Where holders are known to be, so that memory need not be scanned for those of most objects.
  var holders: [Pointers] = []
  /// Whether tables of open files hold the objects.
  var hasDescriptors = false
  /// Pointers to the objects that hold nobody.
  var strangers: [Pointers] = []
  /// Caches of what lists the objects by number and holds none.
  var tables: [String] = []
  /// Members of superblocks that lead to the objects and hold nobody.
  var superblockPointers: [String] = []
  /// A pointer that tells of one more reference, as of a tree that the object is in.
  var pin: String?
  /// Whether what has no such pin may be held by a number beside a pointer, any number of times.
  var mayBeNumbered = false
  /// Numbers of references that may be held without a pointer.
  var allowances: [String] = []
  /// References that each object has of its own.
  var ownReferences = 0
  /// A pointer to what stands for the object: who has a pointer to that may hold the object.
  var proxy: String?
  /// A pointer to a table of functions that tells what kind of object it is.
  var operations: String?
  /// The way to a dentry that tells where it is; steps are separated by `->`.
  var dentry: String?
  /// A pointer to a dentry of its file system, where that which tells where it is is of another.
  var root: String?
  /// The way to its name, an array of characters or, behind a last `->*`, what a pointer leads to.
  var label: String?
  /// Whether objects of different file systems of one kind belong together.
  var isOfAnySuperblock = false
  /// Pointers to objects that are freed with this one.
  var keeps: [String] = []
}
