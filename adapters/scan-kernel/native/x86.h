#pragma once

#include "kernel.h"

namespace chl {

bool hasAvx2();
bool hasAvx512Vnni();
void scanAvx2(const Scan&);
void scanAvx512Vnni(const Scan&);
void dotsAvx2(const Dots&);
size_t selectAvx2(const Select&);
void quantiseAvx2(const Quantise&);

}  // namespace chl
