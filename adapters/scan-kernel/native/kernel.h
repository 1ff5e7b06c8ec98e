#pragma once

#include <cstddef>
#include <cstdint>

namespace chl {

/** A row is a float by which its sum is multiplied, then its codes. */
constexpr size_t kRowHeaderBytes = 4;
/** Rows are filled up with zeros to a multiple. */
constexpr size_t kCodesPerTurn = 32;

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

struct Level {
  const char* name;
  bool (*isSupported)();
  void (*scan)(const Scan&);
  void (*dots)(const Dots&);
  /** @returns how many were found */
  size_t (*select)(const Select&);
};

/** Best first; the last runs everywhere. */
extern const Level kLevels[];
extern const size_t kLevelCount;

void scanPortable(const Scan&);
void dotsPortable(const Dots&);
size_t selectPortable(const Select&);

}  // namespace chl
