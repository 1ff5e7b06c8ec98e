#if defined(__x86_64__)

#include <immintrin.h>

#include <cstring>

#include "x86.h"

// Compiled for the oldest x86-64 but for what carries this mark, and that is called where the CPU has it.
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace chl {

bool hasAvx512Vnni() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

namespace {

/** Sixteen sums in registers, a load for two products, and a row of four scores to a store. */
constexpr size_t kRows = 4;
constexpr size_t kQueries = 4;
/** In each 128-bit lane the four inputs' sums of that lane. */
AVX512 inline __m512i sumsOfLanes(const __m512i (&four)[kRows]) {
  const __m512i low = _mm512_add_epi32(_mm512_unpacklo_epi32(four[0], four[1]), _mm512_unpackhi_epi32(four[0], four[1]));
  const __m512i high = _mm512_add_epi32(_mm512_unpacklo_epi32(four[2], four[3]), _mm512_unpackhi_epi32(four[2], four[3]));
  return _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
}

AVX512 inline __m512i foldLanes(__m512i a, __m512i b) {
  return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}

/** Lane q holds the four rows' sums with query q. */
template <size_t Queries>
AVX512 inline __m512i sumsOfAll(const __m512i (&sums)[Queries][kRows]) {
  const __m512i first = sumsOfLanes(sums[0]);
  const __m512i second = Queries > 1 ? sumsOfLanes(sums[Queries > 1 ? 1 : 0]) : first;
  const __m512i third = Queries > 2 ? sumsOfLanes(sums[Queries > 2 ? 2 : 0]) : first;
  const __m512i fourth = Queries > 3 ? sumsOfLanes(sums[Queries > 3 ? 3 : 0]) : third;
  return foldLanes(foldLanes(first, second), foldLanes(third, fourth));
}

/** `rows` of them; where there are fewer than four, the last stands in for the others. */
template <size_t Queries>
AVX512 inline void scanBlock(const Scan& scan, size_t at, size_t rowCount, size_t firstQuery) {
  const int16_t* query = scan.query + firstQuery * scan.codesPerRow;
  const uint8_t* rows[kRows];
  const uint8_t* ahead[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    rows[r] = scan.row(at + (r < rowCount ? r : rowCount - 1));
    ahead[r] = scan.ahead(rows[r], at + kRows + r);
  }
  __m512i sums[Queries][kRows];
  for (size_t q = 0; q < Queries; ++q)
    for (size_t r = 0; r < kRows; ++r) sums[q][r] = _mm512_setzero_si512();
  for (size_t code = 0; code < scan.codesPerRow; code += kCodesPerTurn) {
    __m512i widened[kRows];
    for (size_t r = 0; r < kRows; ++r) {
      const uint8_t* codes = rows[r] + kRowHeaderBytes + code;
      if (firstQuery == 0) _mm_prefetch(reinterpret_cast<const char*>(ahead[r]) + code, _MM_HINT_T0);
      widened[r] = _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes)));
    }
    for (size_t q = 0; q < Queries; ++q) {
      const __m512i others = _mm512_loadu_si512(query + q * scan.codesPerRow + code);
      for (size_t r = 0; r < kRows; ++r) sums[q][r] = _mm512_dpwssd_epi32(sums[q][r], widened[r], others);
    }
  }
  alignas(16) float units[kRows];
  for (size_t r = 0; r < kRows; ++r) std::memcpy(units + r, rows[r], sizeof(float));
  const __m512 unit = _mm512_broadcast_f32x4(_mm_load_ps(units));
  const __m512 scores = _mm512_mul_ps(_mm512_cvtepi32_ps(sumsOfAll<Queries>(sums)), unit);
  const __m128 lanes[kQueries] = {_mm512_castps512_ps128(scores), _mm512_extractf32x4_ps(scores, 1),
                                  _mm512_extractf32x4_ps(scores, 2), _mm512_extractf32x4_ps(scores, 3)};
  const auto mask = static_cast<__mmask8>((1u << rowCount) - 1);
  for (size_t q = 0; q < Queries; ++q)
    _mm_mask_storeu_ps(scan.out + (firstQuery + q) * scan.outStride + at, mask, lanes[q]);
}

}  // namespace

AVX512 void scanAvx512Vnni(const Scan& scan) {
  for (size_t at = 0; at < scan.count; at += kRows) {
    const size_t rows = scan.count - at < kRows ? scan.count - at : kRows;
    size_t query = 0;
    for (; query + kQueries <= scan.queries; query += kQueries) scanBlock<4>(scan, at, rows, query);
    switch (scan.queries - query) {
      case 3: scanBlock<3>(scan, at, rows, query); break;
      case 2: scanBlock<2>(scan, at, rows, query); break;
      case 1: scanBlock<1>(scan, at, rows, query); break;
    }
  }
}

}  // namespace chl

#endif
