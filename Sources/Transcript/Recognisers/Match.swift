/// What a recogniser found in a line: the fact, and how many words it is made of.
struct Match<Fact> {
  let fact: Fact
  let words: Int
}
