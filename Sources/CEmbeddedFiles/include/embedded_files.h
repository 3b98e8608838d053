// Files that are part of the program. They are C because a compiler of C takes a file as it is: as an array literal in Swift, half a
// megabyte takes three minutes to compile.
#ifndef EMBEDDED_FILES_H
#define EMBEDDED_FILES_H

#include <stddef.h>

typedef struct {
    const unsigned char *bytes;
    size_t count;
} embedded_file;

// Phrases of one locale, as in Intents/phrases.
embedded_file embedded_phrases_de(void);
embedded_file embedded_phrases_en(void);
embedded_file embedded_phrases_ja(void);
embedded_file embedded_phrases_zh(void);
embedded_file embedded_phrases_zh_hant(void);

// Messages that nothing of a shop's content answers.
embedded_file embedded_background_en(void);
embedded_file embedded_background_zh(void);

// The syllables of Chinese with their characters.
embedded_file embedded_pinyin(void);

// Characters of simplified and of traditional Chinese alone.
embedded_file embedded_han_forms(void);

#endif
