#include <node_api.h>

#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "kernel.h"

// What JavaScript calls. Nothing here throws C++ exceptions; an argument of the wrong kind or a place outside of its
// array is a RangeError, so that a mistake in a caller does not end the process or read what is not its own.

namespace {

using chl::Level;

constexpr size_t kFloatBytes = sizeof(float);
[[maybe_unused]] constexpr uintptr_t kPageBytes = 4096;
/** Of everything that is counted: products of four of them still fit 64 bits. */
constexpr int64_t kNumberMax = int64_t{1} << 40;

/** The arguments of a call, and whether all that was read of them so far was as it should be. */
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info, size_t count) : env_(env), count_(count) {
    size_t given = kMax;
    ok_ = napi_get_cb_info(env, info, &given, values_, nullptr, nullptr) == napi_ok && given == count;
  }

  size_t number() {
    int64_t value = 0;
    double exact = 0;
    napi_value argument = next();
    if (!ok_) return 0;
    ok_ = napi_get_value_double(env_, argument, &exact) == napi_ok && exact >= 0 && exact <= kNumberMax;
    if (!ok_) return 0;
    value = static_cast<int64_t>(exact);
    ok_ = static_cast<double>(value) == exact;
    return ok_ ? static_cast<size_t>(value) : 0;
  }

  /** An ArrayBuffer; its length is 0 when it was transferred. */
  uint8_t* buffer(size_t* length) {
    void* data = nullptr;
    *length = 0;
    napi_value argument = next();
    if (ok_) ok_ = napi_get_arraybuffer_info(env_, argument, &data, length) == napi_ok;
    return static_cast<uint8_t*>(data);
  }

  template <typename T>
  T* typed(napi_typedarray_type wanted, size_t* length) {
    napi_typedarray_type type = napi_int8_array;
    void* data = nullptr;
    *length = 0;
    napi_value argument = next();
    if (ok_) {
      ok_ = napi_get_typedarray_info(env_, argument, &type, length, &data, nullptr, nullptr) == napi_ok &&
            type == wanted;
    }
    if (!ok_) *length = 0;
    return static_cast<T*>(data);
  }

  const Level* level() {
    const size_t at = number();
    ok_ = ok_ && at < chl::kLevelCount && chl::kLevels[at].isSupported();
    return ok_ ? &chl::kLevels[at] : nullptr;
  }

  void require(bool condition) { ok_ = ok_ && condition; }
  bool ok() const { return ok_; }

  napi_value refuse() const {
    napi_throw_range_error(env_, "ERR_SCAN_KERNEL", "The scan kernel was given arguments that do not fit together.");
    return nullptr;
  }

 private:
  static constexpr size_t kMax = 16;
  napi_value next() {
    if (at_ >= count_) ok_ = false;
    return ok_ ? values_[at_++] : nullptr;
  }

  napi_env env_;
  size_t count_;
  size_t at_ = 0;
  napi_value values_[kMax];
  bool ok_;
};

bool fits(size_t from, size_t bytes, size_t length) { return from <= length && bytes <= length - from; }

/** What `scan` and `pick` have in common, with its own places checked. */
chl::Scan common(Arguments& given, uint8_t* memory, size_t length, size_t codesPerRow, size_t queries, size_t count,
                 size_t out, size_t outStride) {
  given.require(codesPerRow > 0 && codesPerRow % chl::kCodesPerTurn == 0 && queries > 0 && count <= outStride);
  given.require(queries <= kNumberMax / 4096 && codesPerRow <= 65536 && outStride <= 65536);
  given.require(given.ok() && fits(0, 2 * queries * codesPerRow, length));
  given.require(given.ok() && out % kFloatBytes == 0 && fits(out, kFloatBytes * queries * outStride, length));
  chl::Scan scan = {};
  if (!given.ok()) return scan;
  scan.query = reinterpret_cast<const int16_t*>(memory);
  scan.queries = queries;
  scan.codesPerRow = codesPerRow;
  scan.count = count;
  scan.out = reinterpret_cast<float*>(memory + out);
  scan.outStride = outStride;
  return scan;
}

/** `scan(level, memory, codesPerRow, queries, rows, count, out, outStride)` */
napi_value scanRows(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 8);
  const Level* level = given.level();
  size_t length;
  uint8_t* memory = given.buffer(&length);
  const size_t codesPerRow = given.number();
  const size_t queries = given.number();
  const size_t rows = given.number();
  const size_t count = given.number();
  const size_t out = given.number();
  const size_t outStride = given.number();
  chl::Scan scan = common(given, memory, length, codesPerRow, queries, count, out, outStride);
  given.require(given.ok() && fits(rows, count * (chl::kRowHeaderBytes + codesPerRow), length));
  if (!given.ok()) return given.refuse();
  scan.rows = memory + rows;
  level->scan(scan);
  return nullptr;
}

/**
 * `select(level, memory, queries, scores, count, scoresStride, found, foundStride)`: of each query so many scores,
 * and the place where its float stands that they must reach; there their number takes its place, then their places.
 */
napi_value selectScores(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 8);
  const Level* level = given.level();
  size_t length;
  uint8_t* memory = given.buffer(&length);
  const size_t queries = given.number();
  const size_t scores = given.number();
  const size_t count = given.number();
  const size_t scoresStride = given.number();
  const size_t found = given.number();
  const size_t foundStride = given.number();
  given.require(queries <= 65536 && scoresStride <= 65536 && foundStride <= 65537);
  given.require(count <= scoresStride && count < foundStride);
  given.require(given.ok() && scores % kFloatBytes == 0 && found % sizeof(uint32_t) == 0);
  given.require(given.ok() && fits(scores, kFloatBytes * queries * scoresStride, length));
  given.require(given.ok() && fits(found, sizeof(uint32_t) * queries * foundStride, length));
  if (!given.ok()) return given.refuse();
  for (size_t query = 0; query < queries; ++query) {
    auto* head = reinterpret_cast<uint32_t*>(memory + found) + query * foundStride;
    float least;
    std::memcpy(&least, head, sizeof least);
    const auto* from = reinterpret_cast<const float*>(memory + scores) + query * scoresStride;
    *head = static_cast<uint32_t>(level->select({from, count, least, head + 1}));
  }
  return nullptr;
}

/** `pick(level, memory, codesPerRow, queries, list, count, out, outStride)` */
napi_value pickRows(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 8);
  const Level* level = given.level();
  size_t length;
  uint8_t* memory = given.buffer(&length);
  const size_t codesPerRow = given.number();
  const size_t queries = given.number();
  const size_t list = given.number();
  const size_t count = given.number();
  const size_t out = given.number();
  const size_t outStride = given.number();
  chl::Scan scan = common(given, memory, length, codesPerRow, queries, count, out, outStride);
  given.require(given.ok() && list % sizeof(uint32_t) == 0 && fits(list, count * sizeof(uint32_t), length));
  if (!given.ok()) return given.refuse();
  scan.rows = memory;
  scan.list = reinterpret_cast<const uint32_t*>(memory + list);
  for (size_t at = 0; at < count; ++at)
    given.require(fits(scan.list[at], chl::kRowHeaderBytes + codesPerRow, length));
  if (!given.ok()) return given.refuse();
  level->scan(scan);
  return nullptr;
}

/** `dots(level, queries, queryOffset, vectors, dimension, rows, count, scores)`: offset and counts in elements */
napi_value dotRows(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 8);
  const Level* level = given.level();
  size_t queryLength, vectorsLength, rowsLength, scoresLength;
  const float* queries = given.typed<float>(napi_float32_array, &queryLength);
  const size_t queryOffset = given.number();
  const float* vectors = given.typed<float>(napi_float32_array, &vectorsLength);
  const size_t dimension = given.number();
  const uint32_t* rows = given.typed<uint32_t>(napi_uint32_array, &rowsLength);
  const size_t count = given.number();
  float* scores = given.typed<float>(napi_float32_array, &scoresLength);
  given.require(dimension > 0 && fits(queryOffset, dimension, queryLength));
  given.require(count <= rowsLength && count <= scoresLength);
  if (!given.ok()) return given.refuse();
  const size_t rowCount = vectorsLength / dimension;
  for (size_t at = 0; at < count; ++at) given.require(rows[at] < rowCount);
  if (!given.ok()) return given.refuse();
  level->dots({queries + queryOffset, vectors, dimension, rows, count, scores});
  return nullptr;
}

/**
 * `walk(level, memory, codesPerRow, rows, rowCount, starts, links, layerStarts, entryRow, topLayer, visited, foundRows,
 * foundScores, breadth, found)`: what the arrays of the graph say is checked as it is read. As many queries as `found`
 * has places for the counts.
 */
napi_value walkGraph(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 15);
  const Level* level = given.level();
  size_t length = 0, startsLength = 0, linksLength = 0, layersLength = 0, visitedLength = 0;
  size_t roomLength = 0, scoresLength = 0, queries = 0;
  const uint8_t* memory = given.buffer(&length);
  const size_t codesPerRow = given.number();
  const size_t rows = given.number();
  const size_t rowCount = given.number();
  const auto* starts = given.typed<uint8_t>(napi_uint8_array, &startsLength);
  const auto* links = given.typed<uint8_t>(napi_uint8_array, &linksLength);
  const auto* layerStarts = given.typed<int32_t>(napi_int32_array, &layersLength);
  const size_t entryRow = given.number();
  const size_t topLayer = given.number();
  auto* visited = given.typed<uint64_t>(napi_biguint64_array, &visitedLength);
  auto* foundRows = given.typed<uint32_t>(napi_uint32_array, &roomLength);
  auto* foundScores = given.typed<float>(napi_float32_array, &scoresLength);
  const size_t breadth = given.number();
  auto* found = given.typed<uint32_t>(napi_uint32_array, &queries);
  given.require(codesPerRow > 0 && codesPerRow % chl::kCodesPerTurn == 0 && codesPerRow <= 65536);
  // Rows are counted in 31 bits, their places in 32.
  given.require(rowCount > 0 && rowCount <= INT32_MAX && length <= UINT32_MAX);
  given.require(given.ok() && fits(0, 2 * queries * codesPerRow, length));
  given.require(given.ok() && fits(rows, rowCount * (chl::kRowHeaderBytes + codesPerRow), length));
  given.require(startsLength == (rowCount + 1) * sizeof(uint64_t) && linksLength % sizeof(int32_t) == 0);
  given.require(layersLength > 1 && topLayer < layersLength - 1 && entryRow < rowCount);
  const size_t words = (rowCount + 63) / 64;
  given.require(queries > 0 && queries <= chl::kWalksAtOnce && visitedLength >= queries * words);
  given.require(breadth > 0 && breadth <= UINT32_MAX && roomLength >= queries * breadth && scoresLength == roomLength);
  if (!given.ok()) return given.refuse();
  const chl::Links graph = {starts, links, linksLength / sizeof(int32_t), layerStarts, layersLength - 1, entryRow, topLayer};
  const auto* codes = reinterpret_cast<const int16_t*>(memory);
  chl::Walk walks[chl::kWalksAtOnce];
  for (size_t query = 0; query < queries; ++query) {
    const size_t room = query * breadth;
    walks[query] = {graph, codes + query * codesPerRow, codesPerRow, memory, rows, rowCount, visited + query * words,
                    foundRows + room, foundScores + room, breadth};
  }
  chl::walk(*level, walks, queries, found);
  return nullptr;
}

/** `quantise(level, vectors, first, dimension, count, memory, codesPerRow, rows, lost)`: first and counts in elements */
napi_value quantiseRows(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 9);
  const Level* level = given.level();
  size_t vectorsLength, length, lostLength;
  const float* vectors = given.typed<float>(napi_float32_array, &vectorsLength);
  const size_t first = given.number();
  const size_t dimension = given.number();
  const size_t count = given.number();
  uint8_t* memory = given.buffer(&length);
  const size_t codesPerRow = given.number();
  const size_t rows = given.number();
  float* lost = given.typed<float>(napi_float32_array, &lostLength);
  given.require(dimension > 0 && dimension <= codesPerRow && codesPerRow % chl::kCodesPerTurn == 0);
  given.require(codesPerRow <= 65536 && count <= INT32_MAX && count <= lostLength);
  given.require(given.ok() && fits(first, count * dimension, vectorsLength));
  given.require(given.ok() && fits(rows, count * (chl::kRowHeaderBytes + codesPerRow), length));
  if (!given.ok()) return given.refuse();
  level->quantise({vectors + first, dimension, count, memory + rows, codesPerRow, lost});
  return nullptr;
}

/** `adviseHugePages(memory)`: before its pages are touched. What the system does not have it does without. */
napi_value adviseHugePages(napi_env env, napi_callback_info info) {
  Arguments given(env, info, 1);
  size_t length;
  uint8_t* memory = given.buffer(&length);
  if (!given.ok()) return given.refuse();
#if defined(__linux__)
  const auto from = (reinterpret_cast<uintptr_t>(memory) + kPageBytes - 1) / kPageBytes * kPageBytes;
  const auto to = (reinterpret_cast<uintptr_t>(memory) + length) / kPageBytes * kPageBytes;
  if (from < to) madvise(reinterpret_cast<void*>(from), to - from, MADV_HUGEPAGE);
#endif
  return nullptr;
}

/** `{names: string[], supported: boolean[]}`, best first */
napi_value levels(napi_env env) {
  napi_value list;
  napi_create_array(env, &list);
  for (size_t at = 0; at < chl::kLevelCount; ++at) {
    napi_value entry, name, supported;
    napi_create_object(env, &entry);
    napi_create_string_utf8(env, chl::kLevels[at].name, NAPI_AUTO_LENGTH, &name);
    napi_get_boolean(env, chl::kLevels[at].isSupported(), &supported);
    napi_set_named_property(env, entry, "name", name);
    napi_set_named_property(env, entry, "isSupported", supported);
    napi_set_element(env, list, static_cast<uint32_t>(at), entry);
  }
  return list;
}

}  // namespace

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback call;
  } functions[] = {{"scan", scanRows}, {"pick", pickRows}, {"dots", dotRows}, {"select", selectScores}, {"walk", walkGraph}, {"quantise", quantiseRows}, {"adviseHugePages", adviseHugePages}};
  for (const auto& one : functions) {
    napi_value function;
    napi_create_function(env, one.name, NAPI_AUTO_LENGTH, one.call, nullptr, &function);
    napi_set_named_property(env, exports, one.name, function);
  }
  napi_set_named_property(env, exports, "levels", levels(env));
  return exports;
}
