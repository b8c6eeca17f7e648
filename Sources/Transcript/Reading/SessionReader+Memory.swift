/// Memory, structures and complaints, as they are taken down.
extension SessionReader {
  /// Takes the row of memory that was just read.
  mutating func appendRow() {
    for (value, offset) in row.values {
      facts.words.append(value, at: row.address &+ offset, bytes: row.width)
    }
    for (symbol, offset) in row.symbols {
      facts.symbolicWords.append(symbol, at: row.address &+ offset)
    }
  }

  /// Begins a structure; returns the words of the line that belong to it.
  mutating func openBlock(_ type: String, _ line: Line, at index: Int) -> Int {
    closeBlock()
    endObjects()
    // The command that printed it tells where it lies; the next structure lies elsewhere.
    var address: UInt64?
    if let command = state.command, command.words.contains(type) || command.name == "*" {
      address = command.addresses.first
      state.command = nil
    }
    var block = StructBlock(type: type, address: address)
    let end = block.consume(line, from: index + 3)
    state.block = block
    if block.isClosed { closeBlock() }
    return end - index
  }

  /// Reads a line of a structure; returns the index behind its last word, or nil when the line is
  /// none of a structure's, which ends it.
  mutating func readBlock(_ line: Line) -> Int? {
    guard var block = state.block else { return nil }
    guard StructBlock.accepts(line), !Prompt.begins(line, at: 0) else {
      closeBlock()
      return nil
    }
    let end = block.consume(line, from: 0)
    state.block = block
    if block.isClosed { closeBlock() }
    return end
  }

  /// Takes the structure that was printed, whether or not its end was seen.
  mutating func closeBlock() {
    guard let block = state.block else { return }
    state.block = nil
    for symbol in block.symbols { facts.symbols.append(symbol) }
    if !block.isPartial, !block.structure.members.isEmpty {
      facts.structures.append(block.structure)
    }
  }

  /// Begins the output of a command; what follows one that prints members is read as these.
  mutating func begin(_ command: Command) {
    closeBlock()
    state.begin(command)
    if let type = command.structureOfMembers {
      state.block = StructBlock(type: type, address: nil, isPartial: true)
    }
  }

  /// Takes a complaint.
  mutating func report(_ error: ReportedError) { facts.errors.append(error) }
}
