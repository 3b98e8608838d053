#include "embedded_files.h"

#define FILE_FUNCTION(name, array) \
    embedded_file name(void) { return (embedded_file){array, sizeof array}; }

static const unsigned char phrases_de[] = {
#embed "../../Intents/phrases/de.yaml"
};
FILE_FUNCTION(embedded_phrases_de, phrases_de)

static const unsigned char phrases_en[] = {
#embed "../../Intents/phrases/en.yaml"
};
FILE_FUNCTION(embedded_phrases_en, phrases_en)

static const unsigned char phrases_ja[] = {
#embed "../../Intents/phrases/ja.yaml"
};
FILE_FUNCTION(embedded_phrases_ja, phrases_ja)

static const unsigned char phrases_zh[] = {
#embed "../../Intents/phrases/zh.yaml"
};
FILE_FUNCTION(embedded_phrases_zh, phrases_zh)

static const unsigned char phrases_zh_hant[] = {
#embed "../../Intents/phrases/zh-Hant.yaml"
};
FILE_FUNCTION(embedded_phrases_zh_hant, phrases_zh_hant)

static const unsigned char background_en[] = {
#embed "../Ranking/Resources/background.en.tsv"
};
FILE_FUNCTION(embedded_background_en, background_en)

static const unsigned char background_zh[] = {
#embed "../Ranking/Resources/background.zh.tsv"
};
FILE_FUNCTION(embedded_background_zh, background_zh)

static const unsigned char pinyin[] = {
#embed "../Wording/Resources/pinyin.txt"
};
FILE_FUNCTION(embedded_pinyin, pinyin)

static const unsigned char han_forms[] = {
#embed "../Languages/Resources/han-forms.txt"
};
FILE_FUNCTION(embedded_han_forms, han_forms)
