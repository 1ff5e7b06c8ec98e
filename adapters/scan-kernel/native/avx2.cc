#if defined(__x86_64__)

#include <immintrin.h>

#include <cmath>
#include <cstring>

#include "x86.h"

// Compiled for the oldest x86-64 but for what carries this mark, and that is called where the CPU has it.
#define AVX2 __attribute__((target("avx2,fma")))

namespace chl {

bool hasAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

namespace {

constexpr size_t kRows = 2;
constexpr size_t kQueries = 4;
/** 16-bit integers of a register. */
constexpr size_t kWidth = 16;

/** a, b, c, d: the sum of each. */
AVX2 inline __m128i sumsOfFour(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
}

template <size_t Rows, size_t Queries>
AVX2 inline void scanBlock(const Scan& scan, size_t at, size_t firstQuery) {
  const int16_t* query = scan.query + firstQuery * scan.codesPerRow;
  const uint8_t* rows[Rows];
  const uint8_t* ahead[Rows];
  for (size_t r = 0; r < Rows; ++r) {
    rows[r] = scan.row(at + r);
    ahead[r] = scan.ahead(rows[r], at + Rows + r);
  }
  __m256i sums[Rows][kQueries];
  for (size_t r = 0; r < Rows; ++r)
    for (size_t q = 0; q < kQueries; ++q) sums[r][q] = _mm256_setzero_si256();
  for (size_t code = 0; code < scan.codesPerRow; code += kWidth) {
    __m256i widened[Rows];
    for (size_t r = 0; r < Rows; ++r) {
      const uint8_t* codes = rows[r] + kRowHeaderBytes + code;
      if (Queries == 1) _mm_prefetch(reinterpret_cast<const char*>(ahead[r]) + code, _MM_HINT_T0);
      widened[r] = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes)));
    }
    for (size_t q = 0; q < Queries; ++q) {
      const auto* place = reinterpret_cast<const __m256i*>(query + q * scan.codesPerRow + code);
      const __m256i others = _mm256_loadu_si256(place);
      for (size_t r = 0; r < Rows; ++r)
        sums[r][q] = _mm256_add_epi32(sums[r][q], _mm256_madd_epi16(widened[r], others));
    }
  }
  for (size_t r = 0; r < Rows; ++r) {
    float unit;
    std::memcpy(&unit, rows[r], sizeof unit);
    alignas(16) float scores[kQueries];
    const __m128i four = sumsOfFour(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
    _mm_store_ps(scores, _mm_mul_ps(_mm_cvtepi32_ps(four), _mm_set1_ps(unit)));
    for (size_t q = 0; q < Queries; ++q) scan.out[(firstQuery + q) * scan.outStride + at + r] = scores[q];
  }
}

template <size_t Rows>
AVX2 inline void scanRows(const Scan& scan, size_t at) {
  size_t query = 0;
  for (; query + 4 <= scan.queries; query += 4) scanBlock<Rows, 4>(scan, at, query);
  switch (scan.queries - query) {
    case 3: return scanBlock<Rows, 3>(scan, at, query);
    case 2: return scanBlock<Rows, 2>(scan, at, query);
    case 1: return scanBlock<Rows, 1>(scan, at, query);
  }
}

/** Each lane is one of the four sums of `dot`; the product of two floats is exact in a double, so FMA rounds alike. */
template <size_t Rows>
AVX2 inline void dotBlock(const Dots& dots, size_t at) {
  const size_t unrolled = dots.dimension - dots.dimension % 4;
  const float* rows[Rows];
  for (size_t r = 0; r < Rows; ++r) rows[r] = dots.row(at + r);
  __m256d sums[Rows];
  for (size_t r = 0; r < Rows; ++r) sums[r] = _mm256_setzero_pd();
  for (size_t i = 0; i < unrolled; i += 4) {
    const __m256d query = _mm256_cvtps_pd(_mm_loadu_ps(dots.query + i));
    for (size_t r = 0; r < Rows; ++r)
      sums[r] = _mm256_fmadd_pd(query, _mm256_cvtps_pd(_mm_loadu_ps(rows[r] + i)), sums[r]);
  }
  for (size_t r = 0; r < Rows; ++r) {
    alignas(32) double four[4];
    _mm256_store_pd(four, sums[r]);
    for (size_t i = unrolled; i < dots.dimension; ++i)
      four[0] += static_cast<double>(dots.query[i]) * static_cast<double>(rows[r][i]);
    dots.out[at + r] = static_cast<float>(four[0] + four[1] + (four[2] + four[3]));
  }
}

/** The four lanes, put together in the order in which the WebAssembly kernel does it. */
AVX2 inline float sumOfLanes(__m128 lanes) {
  alignas(16) float four[4];
  _mm_store_ps(four, lanes);
  return four[0] + four[1] + four[2] + four[3];
}

/** Four components, from `at` on; beyond the end they are 0. */
AVX2 inline __m128 loadFour(const float* vector, size_t at, size_t dimension) {
  if (at + 4 <= dimension) return _mm_loadu_ps(vector + at);
  alignas(16) float four[4] = {};
  for (size_t i = at; i < dimension; ++i) four[i - at] = vector[i];
  return _mm_load_ps(four);
}

}  // namespace

/** 128-bit registers, so that each of their lanes sums what a lane of WebAssembly's does. */
AVX2 void quantiseAvx2(const Quantise& quantise) {
  const __m128 signs = _mm_set1_ps(-0.0f);
  for (size_t row = 0; row < quantise.count; ++row) {
    const float* vector = quantise.vectors + row * quantise.dimension;
    uint8_t* out = quantise.rows + row * (kRowHeaderBytes + quantise.codesPerRow);
    __m128 largest = _mm_setzero_ps();
    for (size_t at = 0; at < quantise.dimension; at += 4)
      largest = _mm_max_ps(largest, _mm_andnot_ps(signs, loadFour(vector, at, quantise.dimension)));
    largest = _mm_max_ps(largest, _mm_movehl_ps(largest, largest));
    largest = _mm_max_ss(largest, _mm_shuffle_ps(largest, largest, 1));
    const float unit = _mm_cvtss_f32(largest) / kCodeMax;
    const __m128 units = _mm_set1_ps(unit);
    __m128 lost = _mm_setzero_ps();
    std::memset(out + kRowHeaderBytes, 0, quantise.codesPerRow);
    for (size_t at = 0; at < quantise.dimension && unit > 0; at += 4) {
      const __m128 values = loadFour(vector, at, quantise.dimension);
      const __m128 codes = _mm_round_ps(_mm_div_ps(values, units), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
      const __m128 left = _mm_sub_ps(values, _mm_mul_ps(codes, units));
      lost = _mm_add_ps(lost, _mm_mul_ps(left, left));
      const __m128i words = _mm_packs_epi32(_mm_cvtps_epi32(codes), _mm_setzero_si128());
      const int four = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
      // Codes are a multiple of four, so there is room beyond the dimension.
      std::memcpy(out + kRowHeaderBytes + at, &four, sizeof four);
    }
    std::memcpy(out, &unit, sizeof unit);
    quantise.lost[row] = std::sqrt(sumOfLanes(lost));
  }
}

AVX2 void scanAvx2(const Scan& scan) {
  size_t at = 0;
  for (; at + kRows <= scan.count; at += kRows) scanRows<kRows>(scan, at);
  for (; at < scan.count; ++at) scanRows<1>(scan, at);
}

AVX2 void dotsAvx2(const Dots& dots) {
  size_t at = 0;
  for (; at + 4 <= dots.count; at += 4) dotBlock<4>(dots, at);
  for (; at < dots.count; ++at) dotBlock<1>(dots, at);
}

AVX2 size_t selectAvx2(const Select& select) {
  const __m256 least = _mm256_set1_ps(select.least);
  size_t found = 0;
  size_t at = 0;
  for (; at + 8 <= select.count; at += 8) {
    const __m256 are = _mm256_cmp_ps(_mm256_loadu_ps(select.scores + at), least, _CMP_NLT_UQ);
    auto mask = static_cast<uint32_t>(_mm256_movemask_ps(are));
    for (; mask != 0; mask &= mask - 1)
      select.found[found++] = static_cast<uint32_t>(at) + static_cast<uint32_t>(__builtin_ctz(mask));
  }
  for (; at < select.count; ++at)
    if (!(select.scores[at] < select.least)) select.found[found++] = static_cast<uint32_t>(at);
  return found;
}

}  // namespace chl

#endif
