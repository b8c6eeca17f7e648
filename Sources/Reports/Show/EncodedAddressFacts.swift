internal import DebugInfo
internal import Evidence
internal import Memory

/// The schema `slabscope.show/1`.
struct EncodedAddressFacts: Encodable, Sendable {
  let schema = "slabscope.show/1"
  let address: EncodedAddress
  @OrNull var object: EncodedObject?
  @OrNull var slab: EncodedSlab?
  @OrNull var symbol: EncodedSymbol?
  /// Who refers to the object.
  @OrNull var references: EncodedReferrers?
  @OrNull var region: String?
  /// Why no word can be read.
  @OrNull var absent: String?
  let words: [EncodedMemoryWord]

  init(_ facts: AddressFacts, in subject: Subject) {
    address = EncodedAddress(facts.address)
    object = facts.object.map { EncodedObject($0, in: subject) }
    slab = facts.slab.flatMap { slab in
      facts.slabCache.map { EncodedSlab(slab, cache: $0) }
    }
    symbol = facts.symbol.map { EncodedSymbol($0, source: facts.source) }
    references = facts.referrers.map { EncodedReferrers($0) }
    region = facts.use?.name
    absent = facts.memory.absence?.description
    words = facts.memory.words.map { EncodedMemoryWord($0) }
  }
}

/// The object that the address lies in.
struct EncodedObject: Encodable, Sendable {
  let address: EncodedAddress
  let offset: Int
  let state: String
  /// On which list a free or pending object was found.
  @OrNull var `where`: String?
  @OrNull var fault: EncodedFault?
  /// The group it is in: null where it is in none.
  @OrNull var group: EncodedGroup?
  /// Who allocated it: null where the kernel kept no record.
  @OrNull var allocation: EncodedAllocation?
  /// The control group that it is charged to: null where it is to none, or that is not known.
  @OrNull var chargedTo: String?

  init(_ object: AddressFacts.Object, in subject: Subject) {
    address = EncodedAddress(object.address)
    offset = object.reference.offset
    fault = object.fault.map { EncodedFault($0) }
    group = object.group.map { EncodedGroup($0, structure: nil, in: subject) }
    allocation = object.record.map { EncodedAllocation($0, subject.symbols) }
    chargedTo = object.charged?.name
    switch object.state {
    case .allocated: (state, self.where) = (ObjectStateKind.allocated.name, nil)
    case .free(let site): (state, self.where) = (ObjectStateKind.free.name, site.name)
    case .pending(let site): (state, self.where) = (ObjectStateKind.pending.name, site.name)
    case .indeterminate: (state, self.where) = (ObjectStateKind.indeterminate.name, nil)
    }
  }
}

/// The slab whose pages hold the address.
struct EncodedSlab: Encodable, Sendable {
  let cache: String
  @OrNull var cacheAddress: EncodedAddress?
  let firstPage: EncodedAddress
  let pages: Int

  init(_ slab: Slab, cache: SlabCache) {
    self.cache = cache.name
    cacheAddress = cache.knownAddress.map { EncodedAddress($0) }
    firstPage = EncodedAddress(slab.firstPage)
    pages = Int(slab.pages)
  }
}

/// The symbol that covers the address.
struct EncodedSymbol: Encodable, Sendable {
  let name: String
  let offset: UInt64
  @OrNull var module: String?
  @OrNull var file: String?
  @OrNull var line: Int?

  init(_ reference: SymbolReference, source: SourceLine?) {
    name = reference.symbol.name
    offset = reference.offset
    module = reference.symbol.module
    file = source?.file
    line = source?.line
  }
}

/// A word as it stands in memory.
struct EncodedMemoryWord: Encodable, Sendable {
  let address: EncodedAddress
  let offset: Int
  @OrNull var value: EncodedAddress?
  @OrNull var member: String?
  @OrNull var meaning: String?

  init(_ word: MemoryWords.Word) {
    address = EncodedAddress(word.address)
    offset = word.offset
    value = (try? word.contents.get()).map { EncodedAddress(VirtualAddress($0)) }
    member = word.member
    meaning = word.meaning
  }
}
