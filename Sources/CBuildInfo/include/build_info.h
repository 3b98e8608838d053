// What the program knows of its own build. It stands apart so that a new commit compiles only this and the target that uses it
// again: not the libraries, which take most of the time.
#ifndef BUILD_INFO_H
#define BUILD_INFO_H

// The first 12 digits of the commit, with "-dirty" behind them when files had been changed since; "unknown" without git.
const char *build_info_commit(void);

#endif
