/// Why a codec gave no bytes.
public enum CodecFailure: Error, Hashable, Sendable {
  /// The input is not what the codec writes, is cut short, or fails its own checksum.
  case corrupt
  /// The input is well-formed, but holds another number of bytes than it should.
  case wrongSize
  /// The codec found no memory for its working state.
  case outOfMemory
}
