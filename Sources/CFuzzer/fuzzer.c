#include "CFuzzer.h"

static const uint8_t *input;
static size_t input_count;

// Defined in Swift.
extern void slabscope_fuzz_start(void);
extern void slabscope_fuzz_input(void);

// libFuzzer's main calls this first; the argument that names the target is not for it.
int LLVMFuzzerInitialize(int *argc, char ***argv) {
  slabscope_fuzz_start();
  if (*argc > 1) {
    (*argv)[1] = (*argv)[0];
    ++*argv;
    --*argc;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  input = bytes;
  input_count = count;
  slabscope_fuzz_input();
  return 0;
}

size_t fuzzer_input_count(void) { return input_count; }

uint8_t fuzzer_input_byte(size_t index) { return index < input_count ? input[index] : 0; }
