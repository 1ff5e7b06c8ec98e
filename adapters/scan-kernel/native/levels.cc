#include "kernel.h"

#if defined(__x86_64__)
#include "x86.h"
#endif

namespace chl {

namespace {
bool always() { return true; }
}  // namespace

const Level kLevels[] = {
#if defined(__x86_64__)
    {"avx512-vnni", hasAvx512Vnni, scanAvx512Vnni, dotsAvx2, selectAvx2, quantiseAvx2},
    {"avx2", hasAvx2, scanAvx2, dotsAvx2, selectAvx2, quantiseAvx2},
#endif
    {"portable", always, scanPortable, dotsPortable, selectPortable, quantisePortable},
};
const size_t kLevelCount = sizeof kLevels / sizeof kLevels[0];

}  // namespace chl
