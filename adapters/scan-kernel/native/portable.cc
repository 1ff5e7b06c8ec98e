#include "kernel.h"

#include <cmath>
#include <cstring>

// For any CPU, as the compiler makes it: on x86-64 slower than the WebAssembly kernel, on arm64 not measured. So
// whoever chooses takes it only when it is asked for by name.

namespace chl {

namespace {

/** `Queries` at once, so that a code is widened once. */
template <size_t Queries>
void scanRow(const Scan& scan, const uint8_t* row, size_t firstQuery, float* out) {
  const auto* codes = reinterpret_cast<const int8_t*>(row + kRowHeaderBytes);
  const int16_t* query = scan.query + firstQuery * scan.codesPerRow;
  int32_t sums[Queries] = {};
  for (size_t turn = 0; turn < scan.codesPerRow; turn += kCodesPerTurn) {
    int16_t widened[kCodesPerTurn];
    for (size_t at = 0; at < kCodesPerTurn; ++at) widened[at] = codes[turn + at];
    for (size_t q = 0; q < Queries; ++q) {
      const int16_t* others = query + q * scan.codesPerRow + turn;
      int32_t sum = 0;
      for (size_t at = 0; at < kCodesPerTurn; ++at) sum += widened[at] * others[at];
      sums[q] += sum;
    }
  }
  float unit;
  std::memcpy(&unit, row, sizeof unit);
  for (size_t q = 0; q < Queries; ++q) out[(firstQuery + q) * scan.outStride] = static_cast<float>(sums[q]) * unit;
}

}  // namespace

void scanPortable(const Scan& scan) {
  for (size_t at = 0; at < scan.count; ++at) {
    const uint8_t* row = scan.row(at);
    size_t query = 0;
    for (; query + 4 <= scan.queries; query += 4) scanRow<4>(scan, row, query, scan.out + at);
    for (; query < scan.queries; ++query) scanRow<1>(scan, row, query, scan.out + at);
  }
}

void dotsPortable(const Dots& dots) {
  const size_t unrolled = dots.dimension - dots.dimension % 4;
  for (size_t at = 0; at < dots.count; ++at) {
    const float* row = dots.row(at);
    double sums[4] = {};
    for (size_t i = 0; i < unrolled; i += 4)
      for (size_t n = 0; n < 4; ++n) sums[n] += static_cast<double>(dots.query[i + n]) * row[i + n];
    for (size_t i = unrolled; i < dots.dimension; ++i) sums[0] += static_cast<double>(dots.query[i]) * row[i];
    dots.out[at] = static_cast<float>(sums[0] + sums[1] + (sums[2] + sums[3]));
  }
}

void quantisePortable(const Quantise& quantise) {
  for (size_t row = 0; row < quantise.count; ++row) {
    const float* vector = quantise.vectors + row * quantise.dimension;
    uint8_t* out = quantise.rows + row * (kRowHeaderBytes + quantise.codesPerRow);
    float largest = 0;
    for (size_t i = 0; i < quantise.dimension; ++i) largest = std::fmax(largest, std::fabs(vector[i]));
    const float unit = largest / kCodeMax;
    // Four sums, as the lanes of a register.
    float lost[4] = {};
    std::memset(out + kRowHeaderBytes, 0, quantise.codesPerRow);
    for (size_t i = 0; i < quantise.dimension && unit > 0; ++i) {
      const float code = std::nearbyint(vector[i] / unit);
      const float left = vector[i] - code * unit;
      lost[i % 4] += left * left;
      out[kRowHeaderBytes + i] = static_cast<uint8_t>(static_cast<int8_t>(code));
    }
    std::memcpy(out, &unit, sizeof unit);
    quantise.lost[row] = std::sqrt(lost[0] + lost[1] + lost[2] + lost[3]);
  }
}

size_t selectPortable(const Select& select) {
  size_t found = 0;
  for (size_t at = 0; at < select.count; ++at)
    if (!(select.scores[at] < select.least)) select.found[found++] = static_cast<uint32_t>(at);
  return found;
}

}  // namespace chl
