// The C library's allocator, where it is glibc's; others keep little and need no help.
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
static inline void allocator_share_arenas(int count) { mallopt(M_ARENA_MAX, count); }
static inline void allocator_give_back(void) { malloc_trim(0); }
#else
static inline void allocator_share_arenas(int count) { (void)count; }
static inline void allocator_give_back(void) {}
#endif

#endif
