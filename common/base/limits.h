/* common/base/limits.h - every limit that can refuse or cut something, with its reason.
 *
 * A limit that can cause a REJECT is part of the configuration hash of a lane (ONR_LIMITS_MANIFEST): changing one is a
 * change of the answer for some input, and has to be allowed like a change of the model.
 */
#ifndef ONR_BASE_LIMITS_H
#define ONR_BASE_LIMITS_H

/* Text */
#define ONR_ARTICLE_MAX                                                                            \
    (1024 * 1024) /* bytes of one body: far above any article, small enough to hold */
#define ONR_HEADLINE_MAX      2048 /* bytes */
#define ONR_NAME_MAX          256  /* bytes of a person's or body's name, outlet, language tag */
#define ONR_URL_MAX           2048 /* bytes of a URL or article id */
#define ONR_DATE_MAX          64   /* bytes of an ISO 8601 date */
#define ONR_STATEMENT_WORDS   180  /* words in a statement; longer ones are cut (DESIGN 5) */
#define ONR_STATEMENT_MAX     (16 * 1024) /* bytes in a statement; a "word" can be long */
#define ONR_WINDOW_WORDS      180         /* words in a window */
#define ONR_WINDOW_MAX        (32 * 1024) /* bytes in a window */
#define ONR_STATEMENTS_MAX    65536       /* statements in an article */
#define ONR_CAST_MAX          64          /* entries in a cast */
#define ONR_CAST_BYTES        4096        /* bytes of names and roles in a cast */
#define ONR_CAST_MENTIONS     16          /* places kept for one cast entry */
#define ONR_ATTRIBUTIONS_MAX  64          /* attributions in one result */
#define ONR_CONTENT_PARTS_MAX 16          /* spans of one discontinuous content */

/* The newsroom's register of people */
#define ONR_REGISTER_MAX         (16 * 1024 * 1024) /* bytes of the file: all of a country's politics */
#define ONR_REGISTER_ENTRIES_MAX 131072             /* people in it, with 128 bytes each */
#define ONR_REGISTER_KEYS_MAX    (1024 * 1024)      /* names, aliases and roles in it, together */
#define ONR_REGISTER_FIELD_MAX   (16 * 1024) /* bytes of one field: a list of aliases or roles */

/* Records */
#define ONR_STATEMENT_RECORD_MAX (256 * 1024)  /* Avro bytes of one Statement */
#define ONR_RESULT_RECORD_MAX    (512 * 1024)  /* Avro bytes of one Result */
#define ONR_AVRO_DEPTH           8             /* nesting of a datum (no recursive schemas) */
#define ONR_AVRO_ITEMS           65536         /* items in all arrays of a datum together */
#define ONR_MESSAGE_MAX          (1024 * 1024) /* Kafka message on statements and attributions */
#define ONR_REJECT_MESSAGE_MAX                                                                     \
    (ONR_MESSAGE_MAX + 64 * 1024) /* a poison record of maximum size plus our headers */

/* Log */
#define ONR_BLOCK_LEAVES    10000              /* leaves in one COMMIT: what a follower must hold */
#define ONR_BLOCK_BYTES     (16 * 1024 * 1024) /* payload bytes in one COMMIT, likewise */
#define ONR_HEARTBEAT_MS    60000              /* a COMMIT at least this often on every lane */
#define ONR_KEY_NAME_MAX    128                /* bytes of a signer's name */
#define ONR_NOTE_MAX        (16 * 1024)        /* bytes of a signed note */
#define ONR_NOTE_SIGNATURES 16                 /* signatures read in one note */
#define ONR_KEYS_MAX        4096               /* keys in a key log */

#endif
