// What libFuzzer wants of a program, without pointers, so that Swift can give it safely.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The number of bytes of the input at hand.
size_t fuzzer_input_count(void);

/// A byte of the input at hand.
uint8_t fuzzer_input_byte(size_t index);
