/* common/line/source.h - articles one after the other, wherever they come from.
 *
 * A source is a list of files, folders and standard input ("-", or an empty list). Each input is plain text (one article),
 * JSON Lines (an article a line) or one JSON object. A folder is read in the order of its names; with `watch` it is then
 * followed for files that are written or moved into it. What cannot be an article is handed out too, with its place and the
 * reason, and the next one is tried: one bad article stops nothing. New kinds of input (HTML, feeds) plug in here.
 */
#ifndef ONR_LINE_SOURCE_H
#define ONR_LINE_SOURCE_H

#include <stdbool.h>

#include "common/event/article.h"

/* One JSON article: each byte of the largest body may be written as \u00xx, and the metadata beside it. */
#define ONR_SOURCE_LINE_MAX  (6 * ONR_ARTICLE_MAX + 64 * 1024)
#define ONR_SOURCE_FILES_MAX 1000000 /* files of one folder: their names are held and sorted */

enum onr_source_format {
    ONR_FORMAT_AUTO, /* by the name (.txt; .jsonl, .ndjson, .json), else JSON where the first byte is '{'; one object over several
                      * lines is one article */
    ONR_FORMAT_TEXT, /* the whole input is one body */
    ONR_FORMAT_JSONL /* an article a line */
};

/** -ONR_EINPUT unless name is auto, text or jsonl. */
ONR_MUST_USE int onr_source_format_parse(const char *name, enum onr_source_format *ret);

struct onr_source_spec {
    const char *const *paths; /* borrowed while the source is open */
    size_t n_paths;           /* 0 = standard input */
    enum onr_source_format format;
    bool watch; /* keep watching the folders; the source then ends only by stop_fd */
    /* Metadata of plain text, which has none of its own: id, headline, outlet, url, published, language where not null.
     * Borrowed; NULL = none. */
    const struct onr_article *text_meta;
    int stop_fd; /* readable = stop (onr_program_stop_fd()); -1 = none */
};

enum onr_source_event {
    ONR_SOURCE_END,     /* nothing more will come */
    ONR_SOURCE_ARTICLE, /* item->article */
    ONR_SOURCE_BAD,     /* item->reason and item->why say why it is none */
    ONR_SOURCE_WAIT     /* nothing came within the time */
};

/* Valid until the next call. */
struct onr_source_item {
    struct onr_article_text article;
    const char *origin; /* "today.jsonl line 3", "standard input" */
    const char *reason; /* stable word: those of onr_article_from_json, and "file" */
    struct onr_error why;
};

struct onr_source;

/** Open. Paths that are not there, a folder in which nothing can be watched and metadata that break a rule are refused here,
 *  before anything is read. Returns owned. Errors: -ONR_ENOTFOUND, -ONR_EIO, -ONR_EUSAGE, -ONR_EINPUT, -ONR_ENOMEM. */
ONR_MUST_USE int onr_source_open(const struct onr_source_spec *spec, struct onr_source **ret,
                                 struct onr_error *err);
void onr_source_close(struct onr_source *s);

/** Next article. Waits up to timeout_ms (-1 = as long as it takes) for a pipe or a watched folder. Returns enum
 *  onr_source_event, or -ONR_ESTOP (stop_fd), -ONR_ENOMEM, -ONR_EIO (standard input or the watch failed). */
ONR_MUST_USE int onr_source_next(struct onr_source *s, int timeout_ms, struct onr_source_item *ret,
                                 struct onr_error *err);

#endif
