#pragma once

#include <cstddef>
#include <cstdint>

namespace chl {

/** A row is a float by which its sum is multiplied, then its codes. */
constexpr size_t kRowHeaderBytes = 4;
/** Rows are filled up with zeros to a multiple. */
constexpr size_t kCodesPerTurn = 32;
constexpr size_t kPrefetchBytes = 2048;
/** A row's largest component gets ± this. */
constexpr float kCodeMax = 127;

/** Where rows are, and what they are multiplied with. Every place was checked by the caller. */
struct Scan {
  /** `queries` × codesPerRow; a code of a row is a byte, so no sum of two products leaves 32 bits. */
  const int16_t* query;
  size_t queries;
  size_t codesPerRow;
  /** Row n lies at `rows + n * rowBytes`, or, where `list` is not null, at `rows + list[n]`. */
  const uint8_t* rows;
  const uint32_t* list;
  size_t count;
  /** Scores of query q from `out + q * outStride` on. */
  float* out;
  size_t outStride;

  const uint8_t* row(size_t at) const {
    return rows + (list == nullptr ? at * (kRowHeaderBytes + codesPerRow) : list[at]);
  }

  /**
   * What to ask memory for while `row` is read: a run goes on, though the hardware's own looking ahead ends with a page
   * of 4 kB, ten rows; of a list it is a later row, `next`, if there is one.
   */
  const uint8_t* ahead(const uint8_t* row, size_t next) const {
    if (list == nullptr) return row + kPrefetchBytes;
    return next < count ? rows + list[next] : row;
  }
};

/** Inner products in float64, in the order of `dot` in src/core/engine/distance.ts, so to its last bit. */
struct Dots {
  const float* query;
  const float* vectors;
  size_t dimension;
  const uint32_t* rows;
  size_t count;
  float* out;

  const float* row(size_t at) const { return vectors + static_cast<size_t>(rows[at]) * dimension; }
};

/** Which scores of a run are not less than `least`; NaN is less than none, as in JavaScript. */
struct Select {
  const float* scores;
  size_t count;
  float least;
  /** Takes their places, in order. */
  uint32_t* found;
};

/** Rounds rows of floats to bytes, to the bit as the WebAssembly kernel does (src/core/engine/quantising-kernel.ts). */
struct Quantise {
  /** count × dimension */
  const float* vectors;
  size_t dimension;
  size_t count;
  /** Takes count × (kRowHeaderBytes + codesPerRow); codes beyond the dimension become 0. */
  uint8_t* rows;
  size_t codesPerRow;
  /** Takes of each row the length of what rounding took from it. */
  float* lost;
};

/** An HNSW graph where FAISS left it: nothing is aligned, and nothing of it is trusted. */
struct Links {
  /** rows + 1 uint64: where each row's links begin, counted in links. */
  const uint8_t* starts;
  /** int32 each; a negative one ends a layer before its time. */
  const uint8_t* links;
  size_t count;
  /** Where each layer begins within the links of a row; `layers` + 1. */
  const int32_t* layerStarts;
  size_t layers;
  size_t entryRow;
  size_t topLayer;
};

/** A search of a graph for the rows near one query. */
struct Walk {
  Links graph;
  /** 16-bit codes of the query. */
  const int16_t* query;
  size_t codesPerRow;
  /** What addresses of rows are counted from, and that of the first. */
  const uint8_t* memory;
  size_t rows;
  size_t rowCount;
  /** A bit a row, whatever they are. */
  uint64_t* visited;
  /** Take what is found, best first: `breadth` at most. */
  uint32_t* foundRows;
  float* foundScores;
  size_t breadth;
};

struct Level {
  const char* name;
  bool (*isSupported)();
  void (*scan)(const Scan&);
  void (*dots)(const Dots&);
  /** @returns how many were found */
  size_t (*select)(const Select&);
  void (*quantise)(const Quantise&);
};

/** Best first; the last runs everywhere. */
extern const Level kLevels[];
extern const size_t kLevelCount;

void scanPortable(const Scan&);
void dotsPortable(const Dots&);
size_t selectPortable(const Select&);
void quantisePortable(const Quantise&);

constexpr size_t kWalksAtOnce = 8;

/**
 * Walks in turns, a step each: what one asked memory for arrives while the others score theirs, a third less time for
 * each of four. None depends on another.
 * @param count at most kWalksAtOnce
 * @param found takes of each how many it found
 */
void walk(const Level&, const Walk* walks, size_t count, uint32_t* found);

}  // namespace chl
