#include <algorithm>
#include <cstring>

#include "kernel.h"

// The search of Malkov & Yashunin (arXiv:1603.09320, algorithms 2 and 5) over bytes: greedily down to the lowest layer,
// there with a list of the best so far, whose first row that was not looked at is looked at next, until there is none.
// What rounding takes from a score can lead a walk past a row as the graph itself can; whoever asks scores what was
// found by floats.

namespace chl {

namespace {

/** Scored in one call; a row of FAISS' has 2m links on its lowest layer, 64 as we build it. */
constexpr size_t kBatch = 64;
constexpr size_t kLineBytes = 64;
/** Rows that a scan reads together. */
constexpr size_t kScannedAtOnce = 4;
/** Of a found row that was not looked at yet; rows are counted in 31 bits. */
constexpr uint32_t kWaiting = 0x80000000u;

template <typename T>
T load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

class Walker {
 public:
  /** @param isAlone nothing else is done while memory is waited for, so it is asked for more at once */
  void start(const Level& level, const Walk& walk, bool isAlone) {
    level_ = &level;
    walk_ = walk;
    rowsAhead_ = isAlone ? kBatch : kScannedAtOnce;
    std::memset(walk_.visited, 0, (walk_.rowCount + 63) / 64 * sizeof(uint64_t));
    size_t row = walk_.graph.entryRow;
    float score = scoreOf(row);
    for (size_t layer = walk_.graph.topLayer; layer > 0; --layer) descend(layer, &row, &score);
    walk_.visited[row / 64] |= uint64_t{1} << (row % 64);
    take(row, score);
  }

  size_t found() const { return found_; }

  /** Takes the rows that are to be scored next, and asks memory for them. @returns false at the end of the walk */
  bool collect() {
    while (rest_.count == 0) {
      while (next_ < found_ && (walk_.foundRows[next_] & kWaiting) == 0) ++next_;
      if (next_ == found_) return false;
      walk_.foundRows[next_] &= ~kWaiting;
      rest_ = linksOf(walk_.foundRows[next_], 0);
      prefetchNext();
    }
    const size_t count = std::min(rest_.count, kBatch);
    const bool isEnd = !addNew({rest_.at, count});
    rest_ = isEnd ? Range{nullptr, 0} : Range{rest_.at + count * sizeof(int32_t), rest_.count - count};
    prefetchRows();
    return true;
  }

  void score() {
    scoreBatch();
    for (size_t n = 0; n < batched_; ++n) take(batch_[n], scores_[n]);
    batched_ = 0;
  }

 private:
  struct Range {
    const uint8_t* at;
    size_t count;
  };

  /** Empty when the graph points outside of itself. */
  Range linksOf(size_t row, size_t layer) const {
    const Links& graph = walk_.graph;
    const auto start = load<uint64_t>(graph.starts + row * sizeof(uint64_t));
    const auto rowEnd = load<uint64_t>(graph.starts + (row + 1) * sizeof(uint64_t));
    if (start > graph.count || rowEnd > graph.count) return {nullptr, 0};
    const uint64_t from = start + static_cast<uint32_t>(graph.layerStarts[layer]);
    const uint64_t to = std::min(rowEnd, start + static_cast<uint32_t>(graph.layerStarts[layer + 1]));
    if (from >= to) return {nullptr, 0};
    return {graph.links + from * sizeof(int32_t), static_cast<size_t>(to - from)};
  }

  /** Whether this is a row; what is none ends the links of a layer. */
  bool isRow(int32_t link) const { return link >= 0 && static_cast<size_t>(link) < walk_.rowCount; }

  size_t addressOf(size_t row) const { return walk_.rows + row * (kRowHeaderBytes + walk_.codesPerRow); }

  void add(size_t row) {
    const size_t address = addressOf(row);
    __builtin_prefetch(walk_.memory + address);
    batch_[batched_] = static_cast<uint32_t>(row);
    addresses_[batched_++] = static_cast<uint32_t>(address);
  }

  void scoreBatch() {
    level_->scan({walk_.query, 1, walk_.codesPerRow, walk_.memory, addresses_, batched_, scores_, kBatch});
  }

  float scoreOf(size_t row) {
    add(row);
    scoreBatch();
    batched_ = 0;
    return scores_[0];
  }

  /** To the row of a layer that none of its neighbours there outdoes; each step is up, so it ends. */
  void descend(size_t layer, size_t* row, float* score) {
    for (bool isBetter = true; isBetter;) {
      isBetter = false;
      const Range links = linksOf(*row, layer);
      for (size_t at = 0; at < links.count;) {
        for (; at < links.count && batched_ < kBatch; ++at) {
          const auto link = load<int32_t>(links.at + at * sizeof(int32_t));
          if (isRow(link)) add(static_cast<size_t>(link));
        }
        scoreBatch();
        for (size_t n = 0; n < batched_; ++n) {
          if (!(scores_[n] > *score)) continue;
          *row = batch_[n];
          *score = scores_[n];
          isBetter = true;
        }
        batched_ = 0;
      }
    }
  }

  /** Asked for while what is at hand is scored; a walk waits for each list otherwise. Of a wrong place nothing comes. */
  void prefetchLinks(size_t row) const {
    const auto start = load<uint64_t>(walk_.graph.starts + row * sizeof(uint64_t));
    const uint8_t* links = walk_.graph.links + start * sizeof(int32_t);
    for (size_t at = 0; at <= kBatch * sizeof(int32_t); at += kLineBytes) __builtin_prefetch(links + at);
  }

  /** Of the row that is next if nothing better turns up. */
  void prefetchNext() const {
    for (size_t at = next_ + 1; at < found_; ++at) {
      if ((walk_.foundRows[at] & kWaiting) == 0) continue;
      return prefetchLinks(walk_.foundRows[at] & ~kWaiting);
    }
  }

  /** What lies behind the first line, for which `addNew` has asked; the scan looks ahead, but at its beginning. */
  void prefetchRows() const {
    for (size_t n = 0; n < std::min(batched_, rowsAhead_); ++n)
      for (size_t at = kLineBytes; at < kRowHeaderBytes + walk_.codesPerRow; at += kLineBytes)
        __builtin_prefetch(walk_.memory + addresses_[n] + at);
  }

  /**
   * Takes those that were not met yet. Two in five, in no order: all are written down, and kept by being counted, so
   * that no jump is mispredicted. What the loop reads is copied, since for all the compiler knows a store changes it.
   * @returns false where the links end before their time
   */
  bool addNew(Range links) {
    const size_t rowBytes = kRowHeaderBytes + walk_.codesPerRow;
    const size_t rowCount = walk_.rowCount;
    const size_t rows = walk_.rows;
    const uint8_t* memory = walk_.memory;
    uint64_t* visited = walk_.visited;
    size_t batched = 0;
    size_t at = 0;
    for (; at < links.count; ++at) {
      const auto link = load<int32_t>(links.at + at * sizeof(int32_t));
      if (link < 0 || static_cast<size_t>(link) >= rowCount) break;
      const auto row = static_cast<size_t>(link);
      const size_t address = rows + row * rowBytes;
      __builtin_prefetch(memory + address);
      batch_[batched] = static_cast<uint32_t>(row);
      addresses_[batched] = static_cast<uint32_t>(address);
      uint64_t& word = visited[row / 64];
      const uint64_t before = word;
      word = before | uint64_t{1} << (row % 64);
      batched += ~before >> (row % 64) & 1;
    }
    batched_ = batched;
    return at == links.count;
  }

  /** Into its place among the best, after those that score the same; the last of a full list makes room. */
  void take(size_t row, float score) {
    float* scores = walk_.foundScores;
    if (found_ == walk_.breadth && !(score > scores[found_ - 1])) return;
    // Counted, not searched for: a hundred comparisons in a row cost less than seven jumps that nobody can predict.
    uint32_t place = 0;
    for (size_t at = 0; at < found_; ++at) place += !(scores[at] < score);
    if (found_ < walk_.breadth) ++found_;
    const size_t moved = found_ - 1 - place;
    std::memmove(scores + place + 1, scores + place, moved * sizeof(float));
    std::memmove(walk_.foundRows + place + 1, walk_.foundRows + place, moved * sizeof(uint32_t));
    scores[place] = score;
    walk_.foundRows[place] = static_cast<uint32_t>(row) | kWaiting;
    if (place > next_) return;
    next_ = place;
    prefetchLinks(row);
  }

  const Level* level_ = nullptr;
  Walk walk_ = {};
  /** Links of the row that is looked at, those that were not taken yet. */
  Range rest_ = {nullptr, 0};
  size_t rowsAhead_ = 0;
  size_t found_ = 0;
  /** No row before it waits. */
  size_t next_ = 0;
  uint32_t batch_[kBatch];
  uint32_t addresses_[kBatch];
  float scores_[kBatch];
  size_t batched_ = 0;
};

}  // namespace

void walk(const Level& level, const Walk* walks, size_t count, uint32_t* found) {
  Walker walkers[kWalksAtOnce];
  for (size_t at = 0; at < count; ++at) walkers[at].start(level, walks[at], count == 1);
  bool isActive[kWalksAtOnce];
  for (bool isAny = true; isAny;) {
    isAny = false;
    for (size_t at = 0; at < count; ++at) isAny |= isActive[at] = walkers[at].collect();
    for (size_t at = 0; at < count; ++at)
      if (isActive[at]) walkers[at].score();
  }
  for (size_t at = 0; at < count; ++at) found[at] = static_cast<uint32_t>(walkers[at].found());
}

}  // namespace chl
