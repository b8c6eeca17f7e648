internal import DebugInfo
internal import Evidence

/// Who refers to an object, in `slabscope.show/1`.
struct EncodedReferrers: Encodable, Sendable {
  /// A word that refers to it.
  struct Referrer: Encodable, Sendable {
    let address: EncodedAddress
    let place: String
    /// Whether what is there is surely in use.
    let firm: Bool
    /// How many bytes into the object the word leads.
    let targetOffset: Int
    @OrNull var cache: String?
    @OrNull var object: EncodedAddress?
    @OrNull var symbol: String?
    @OrNull var module: String?
    /// How far into the object or symbol the word lies.
    @OrNull var offset: Int?

    init(_ referrer: Referrers.Referrer) {
      address = EncodedAddress(referrer.reference.address)
      place = referrer.reference.place.name
      firm = referrer.reference.place.isFirm
      targetOffset = referrer.reference.offset
      cache = referrer.object?.cache
      object = (referrer.object?.address).map { EncodedAddress($0) }
      symbol = referrer.symbol?.symbol.name
      module = referrer.symbol?.symbol.module
      offset = referrer.object?.offset ?? referrer.symbol.map { Int(clamping: $0.offset) }
    }
  }

  let firm: Int
  let stale: Int
  let scannedPages: Int
  let missingPages: Int
  let referrers: [Referrer]

  init(_ referrers: Referrers) {
    firm = referrers.firm
    stale = referrers.stale
    scannedPages = referrers.coverage.scannedPages
    missingPages = referrers.coverage.missingPages
    self.referrers = referrers.listed.map { Referrer($0) }
  }
}
