#include "build_info.h"

// Written by scripts/commit, which every build of the Makefile runs first.
#if __has_include("commit.h")
#include "commit.h"
#else
#define BUILD_COMMIT "unknown"
#endif

const char *build_info_commit(void) { return BUILD_COMMIT; }
