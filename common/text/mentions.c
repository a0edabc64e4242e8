/* common/text/mentions.c - see mentions.h. Roles beside the name are found in roles.c. */
#include "common/text/mentions.h"

#include "common/base/limits.h"
#include "common/base/utf8.h"
#include "common/text/chars.h"
#include "common/text/lexicon.h"
#include "common/text/phrase.h"
#include "common/text/roles.h"

#define TITLE_LINE_MAX 300 /* bytes; a headline is not longer */
#define ACRONYM_MAX    5   /* letters; longer words in capitals are datelines and emphasis */
#define LOOK_BACK_MAX  64  /* bytes of blanks and marks before a name */

/* Organisations, and places that stand for governments, whose words say nothing of it. */
static const char *const two_words[] = {
    "Al Jazeera",         "Al Qaeda",      "Best Buy",         "Boko Haram",    "Capitol Hill",
    "Downing Street",     "El Salvador",   "General Electric", "Goldman Sachs", "Hong Kong",
    "Home Depot",         "Islamic State", "Morgan Stanley",   "New Zealand",   "North Korea",
    "Planned Parenthood", "Red Crescent",  "Red Cross",        "Saudi Arabia",  "Scotland Yard",
    "Sinn Fein",          "South Africa",  "South Korea",      "South Sudan",   "Sri Lanka",
    "United Kingdom",     "United States", "Wall Street",      "White House",
};

/* Small acronyms that are adjectives before a name and powers by themselves. */
static const char *const powers[] = { "E.U", "EU", "U.K", "U.N", "U.S", "UK", "UN", "US", "USA" };

static bool
in_list(struct onr_span w, const char *const *list, size_t n)
{
    size_t i;

    if (w.len > 0 && w.ptr[w.len - 1] == '.')
        w.len--;
    for (i = 0; i < n; i++) {
        if (onr_span_eq_z(w, list[i]))
            return true;
    }
    return false;
}

#define IN(w, list) in_list((w), (list), sizeof(list) / sizeof((list)[0]))

void
onr_mentions_init(struct onr_mention_reader *r, struct onr_span text)
{
    *r = (struct onr_mention_reader){ .text = text };
    onr_paragraphs_init(&r->paragraphs, text);
}

/* The line ends as sentences do. */
static bool
ends_with_stop(struct onr_span s, size_t begin, size_t end)
{
    while (end > begin && (onr_ch_is(s.ptr[end - 1], ONR_CH_SPACE) || s.ptr[end - 1] == '"'))
        end--;
    return end > begin
           && memchr(".?!\x9d", s.ptr[end - 1], 4) != NULL; /* the last byte of the closing mark */
}

/* In a headline most long words are written large, ordinary ones too: capitals say nothing there. */
static bool
is_title_line(struct onr_span s, size_t begin, size_t end)
{
    unsigned n = 0, large = 0, ordinary = 0;
    size_t i, word = begin;

    if (end - begin > TITLE_LINE_MAX)
        return false;
    for (i = begin; i <= end; i++) {
        if (i < end && onr_ch_wordy(s.ptr[i]))
            continue;
        if (i - word >= 3 && onr_ch_is(s.ptr[word], ONR_CH_UPPER) && word > begin)
            ordinary += (onr_lexicon_flags(onr_span_sub(s, word, i))
                         & (ONR_LEX_COMMON | ONR_LEX_STARTER))
                        != 0;
        if (i - word >= 4) {
            n++;
            large += onr_ch_is(s.ptr[word], ONR_CH_UPPER | ONR_CH_DIGIT);
        }
        word = i + 1;
    }
    return n >= 3 && large * 5 >= n * 4 && (ordinary >= 2 || !ends_with_stop(s, begin, end));
}

static void
enter_line(struct onr_mention_reader *r, size_t pos)
{
    const char *nl;
    size_t begin = pos;

    if (pos < r->line_end)
        return;
    while (begin > 0 && pos - begin < TITLE_LINE_MAX && r->text.ptr[begin - 1] != '\n')
        begin--;
    nl = memchr(r->text.ptr + pos, '\n', r->text.len - pos);
    r->line_end = nl ? (size_t) (nl - r->text.ptr) : r->text.len;
    r->line_is_title = is_title_line(r->text, begin, r->line_end);
}

/* The word at pos begins a sentence: before it stand nothing, a stop, a colon, a line break or an opening mark. */
static bool
begins_sentence(struct onr_span s, size_t pos)
{
    size_t from = pos;

    while (pos > 0 && from - pos < LOOK_BACK_MAX) {
        uint32_t cp = onr_cp_before(s, pos);

        if (cp == '\n' || cp == '.' || cp == '!' || cp == '?' || cp == ':' || cp == 0x2026
            || cp == '"' || cp == 0x201c || cp == 0x2018 || cp == 0xab || cp == 0x2022 || cp == '('
            || cp == '[')
            return true;
        if (!onr_cp_is_space(cp) && cp != '\'' && cp != '*')
            return false;
        onr_utf8_prev(s, &pos);
    }
    return true;
}

static struct onr_span
words(struct onr_span s, const struct onr_phrase *p, size_t first, size_t last)
{
    return onr_span_sub(s, p->word[first].begin, p->word[last - 1].end);
}

static bool
any_small_letter(const struct onr_phrase *p, size_t first, size_t last)
{
    for (; first < last; first++) {
        if (p->word[first].capital && !p->word[first].acronym && !p->word[first].initial)
            return true;
    }
    return false;
}

/* Words at the end that belong to the sentence, not to the name: weekdays, ordinary words written large. */
static size_t
trim_end(const struct onr_phrase *p, size_t first, size_t n)
{
    while (n > first + 1) {
        const struct onr_word *w = &p->word[n - 1];

        if (w->capital && (w->flags & ONR_LEX_DATE)
            && !(p->word[n - 2].flags & (ONR_LEX_FIRST | ONR_LEX_PARTICLE)))
            n--;
        else if (!w->capital)
            n--;
        else
            break;
    }
    return n;
}

/* Words at the beginning that are no part of a name. */
static size_t
trim_start(struct onr_span s, const struct onr_phrase *p, size_t n)
{
    size_t first = 0;

    while (first < n) {
        const struct onr_word *w = &p->word[first];
        bool before_name = first + 1 < n && (w->flags & ONR_LEX_FIRST);

        if (first + 1 < n
            && (IN(words(s, p, first, first + 2), two_words)
                || ((w->flags & ONR_LEX_ORG) && !p->word[first + 1].capital)))
            break; /* White House, Center for ... */
        if (!w->capital || ((w->flags & (ONR_LEX_COMMON | ONR_LEX_DATE)) && !before_name))
            first++;
        else
            break;
    }
    return first;
}

/* A title, or a role written large at the start of a sentence: "Fisherman Tomas Brandt". */
static bool
is_title(struct onr_span s, const struct onr_word *w)
{
    char small[32];
    size_t len = w->end - w->begin;

    if (w->flags & ONR_LEX_TITLE)
        return true;
    if (!w->capital || len >= sizeof small || (w->flags & ONR_LEX_FIRST))
        return false;
    memcpy(small, s.ptr + w->begin, len);
    if (!onr_ch_is(small[0], ONR_CH_UPPER))
        return false;
    small[0] = (char) (small[0] + ('a' - 'A'));
    return (onr_lexicon_flags(onr_span_of(small, len)) & ONR_LEX_ROLE) != 0;
}

/* Where the name begins behind a title ("Defense Secretary | Pete Hegseth"); `first` when there is no title. */
static size_t
title_end(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n)
{
    size_t i, end = first;

    for (i = first; i + 1 < n; i++) {
        const struct onr_word *w = &p->word[i];

        if (!is_title(s, w) || !p->word[i + 1].capital)
            continue;
        if (p->word[i + 1].flags & ONR_LEX_SUFFIX)
            continue; /* Martin Luther King Jr. */
        if ((w->flags & ONR_LEX_FIRST) && i + 2 == n)
            continue; /* Sen. Dean Heller */
        if (i > first && (p->word[i - 1].flags & ONR_LEX_FIRST) && !(w->flags & ONR_LEX_ROLE)
            && i + 2 == n)
            continue; /* Howard Dean Smith */
        end = i + 1;
    }
    if (end == first) { /* Secretary of State | John Kerry */
        for (i = first; i + 3 < n; i++) {
            if ((p->word[i].flags & ONR_LEX_TITLE) && !p->word[i + 1].capital
                && ((p->word[i + 2].flags & ONR_LEX_ADJ) || (p->word[i + 3].flags & ONR_LEX_FIRST)))
                end = i + 3;
        }
    }
    /* House Committee Democrat | Steve Cohen, Navy SEAL | Eddie Gallagher: a first name behind what no first name is. */
    for (i = end > first ? end : first + 1; i + 1 < n && end == first; i++) {
        const struct onr_word *w = &p->word[i - 1];
        uint32_t no_name = ONR_LEX_ADJ | ONR_LEX_GROUP | ONR_LEX_KNOWN | ONR_LEX_ORG
                           | (i > first + 1 ? ONR_LEX_PLACE : 0);

        if ((p->word[i].flags & ONR_LEX_FIRST) && p->word[i + 1].capital
            && !(w->flags & ONR_LEX_FIRST) && ((w->flags & no_name) || w->acronym))
            end = i;
    }
    /* Miss Universe | Alicia Machado: the first name is further on. */
    while (end > first && end + 2 < n && p->word[end].capital && !p->word[end].initial
           && !(p->word[end].flags & ONR_LEX_FIRST) && (p->word[end + 1].flags & ONR_LEX_FIRST))
        end++;
    return end;
}

static bool
is_group(const struct onr_phrase *p, size_t first, size_t n)
{
    uint32_t last = p->word[n - 1].flags;

    if (!(last & ONR_LEX_GROUP) || (n == first + 1 && (last & (ONR_LEX_ADJ | ONR_LEX_TITLE))))
        return false;
    return n - first <= 4;
}

/* PolitiFact, not McConnell: a capital inside a lone word. */
static bool
is_camel_case(struct onr_span w)
{
    static const char *const begins[] = { "De", "Di", "Fitz", "La", "Le", "Mac", "Mc", "O", "Van" };
    size_t i, k;

    for (i = 1; i < w.len; i++) {
        if (!onr_ch_is(w.ptr[i], ONR_CH_UPPER) || !onr_ch_is(w.ptr[i - 1], ONR_CH_LOWER))
            continue;
        for (k = 0; k < sizeof begins / sizeof begins[0]; k++) {
            if (onr_span_eq_z(onr_span_sub(w, 0, i), begins[k]))
                return false;
        }
        return true;
    }
    return false;
}

static bool
is_organisation(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n)
{
    const struct onr_word *last = &p->word[n - 1];
    size_t i;

    if (n == first + 1) {
        if (IN(words(s, p, first, n), powers))
            return true;
        if (last->acronym)
            return last->end - last->begin <= ACRONYM_MAX && last->flags == 0
                   && memchr(s.ptr + last->begin, '-', 2) == NULL && onr_cp_at(s, p->end) != ':';
        return (last->flags & (ONR_LEX_POWER | ONR_LEX_KNOWN)) != 0
               || is_camel_case(words(s, p, first, n));
    }
    if (n == first + 2 && IN(words(s, p, first, n), two_words))
        return true;
    if (last->flags & (ONR_LEX_ORG | ONR_LEX_KNOWN))
        return true;
    for (i = first; i + 2 < n; i++) { /* University of X, Ministry of the Y */
        if ((p->word[i].flags & (ONR_LEX_ORG | ONR_LEX_KNOWN)) && !p->word[i + 1].capital)
            return true;
    }
    return false;
}

/* Surnames that are also words for places. */
static const char *const place_surnames[] = { "Banks", "Brooks", "Ford", "Hall", "Hill", "Jackson",
                                              "Lake",  "Lane",   "Mars", "Park", "West", "York" };

static bool
is_person(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n, bool titled)
{
    const struct onr_word *head = &p->word[first], *last = &p->word[n - 1];
    uint32_t nothing = ONR_LEX_ADJ | ONR_LEX_PLACE | ONR_LEX_DATE | ONR_LEX_COMMON | ONR_LEX_TITLE;
    size_t i;

    if (titled && n == first + 2)
        return !(last->flags & (nothing | ONR_LEX_ORG | ONR_LEX_GROUP)) && !last->acronym
               && !head->acronym;
    if (n - first > 6 || !any_small_letter(p, first, n)
        || ((head->flags & ONR_LEX_PARTICLE) && (head->flags & ONR_LEX_ABBR_MAYBE)))
        return false; /* St. Lucie */
    if (n == first + 1)
        return !(last->flags & ~(uint32_t) (ONR_LEX_FIRST | ONR_LEX_PARTICLE | ONR_LEX_ELISION))
               || (titled && !(last->flags & (nothing | ONR_LEX_ORG)));
    if (head->flags & ONR_LEX_FIRST) {
        if ((last->flags & (ONR_LEX_STARTER | ONR_LEX_GROUP))
            || ((last->flags & ONR_LEX_COMMON) && n > first + 2))
            return false; /* the Somebody Somewhat Show */
        return !(last->flags & ONR_LEX_GEO)
               || IN(onr_span_sub(s, last->begin, last->end), place_surnames);
    }
    for (i = first; i < n; i++) {
        if (p->word[i].acronym && i == first && n == first + 2 && head->end - head->begin <= 4)
            continue; /* J.K. Rowling, JD Vance */
        if (p->word[i].acronym
            || ((p->word[i].flags & nothing) && !(titled && i > first)
                && !(p->word[i].flags & (ONR_LEX_FIRST | ONR_LEX_SUFFIX))))
            return false;
    }
    return true;
}

/* "(FBI)" behind the name. */
static struct onr_span
alias_behind(struct onr_span s, size_t end)
{
    size_t i = end + 2;

    if (i >= s.len || s.ptr[end] != ' ' || s.ptr[end + 1] != '(')
        return ONR_SPAN_NULL;
    while (i < s.len && i - end < 12 && (onr_ch_is(s.ptr[i], ONR_CH_UPPER) || s.ptr[i] == '.'))
        i++;
    return i - end >= 4 && i < s.len && s.ptr[i] == ')' ? onr_span_sub(s, end + 2, i)
                                                        : ONR_SPAN_NULL;
}

/* Jr. and Sr. tell people apart; III and the like are part of one person's name. */
static bool
is_junior(struct onr_span w)
{
    return onr_span_starts(w, ONR_SPAN("Jr")) || onr_span_starts(w, ONR_SPAN("Sr"));
}

static void
name_person(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n,
            struct onr_mention *m)
{
    size_t last = n;

    while (last > first + 1 && (p->word[last - 1].flags & ONR_LEX_SUFFIX))
        last--;
    m->fresh &= m->role.len == 0; /* behind a title capitals mean what they say */
    m->type = ONR_NAME_PERSON;
    m->junior = is_junior(words(s, p, n - 1, n));
    m->first = words(s, p, first, first + 1);
    m->last = words(s, p, last - 1, last);
    m->last = onr_span_sub(m->last, onr_particle_len(m->last), m->last.len); /* al-Assad is Assad */
    m->unknown = n == first + 1 || !(p->word[first].flags & ONR_LEX_FIRST);
    m->sure = !m->unknown || m->role.len > 0 || p->word[n > first + 1 ? first + 1 : first].initial
              || p->word[first].acronym || onr_beside_speech(s, p->word[first].begin, p->end)
              || onr_beside_person(s, p->word[first].begin, p->end);
    if (n > first + 1 && !(p->word[first].flags & ONR_LEX_FIRST) && !p->word[first].initial) {
        m->rest = words(s, p, first + 1, n);
        m->rest_first = words(s, p, first + 1, first + 2);
    }
    if (n == first + 1 && m->role.len == 0 && onr_before_is_place(s, p->word[first].begin))
        m->weak = true;
}

/* Judge the words [first, n) of the phrase; false when they name nobody. */
static bool
judge(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n, bool titled,
      struct onr_mention *m)
{
    m->name = words(s, p, first, n);
    m->n_words = (unsigned) (n - first);
    if (m->name.len > ONR_NAME_MAX)
        return false;
    if (!titled && is_organisation(s, p, first, n)) {
        m->type = ONR_NAME_ORGANISATION;
        m->alias = alias_behind(s, p->word[n - 1].end);
        return true;
    }
    if (!titled && is_group(p, first, n)) {
        /* "Angry Democrats" at the start of a sentence are Democrats, "House Republicans" are House Republicans. */
        while (first + 1 < n
               && !(p->word[first].flags
                    & (ONR_LEX_ADJ | ONR_LEX_POWER | ONR_LEX_KNOWN | ONR_LEX_PLACE))
               && !p->word[first].acronym)
            first++;
        m->name = words(s, p, first, n);
        m->type = ONR_NAME_GROUP;
        return true;
    }
    if (!is_person(s, p, first, n, titled))
        return false;
    name_person(s, p, first, n, m);
    return true;
}

/* Adjectives before a name are no part of it: "Republican Donald Trump". */
static size_t
skip_adjectives(const struct onr_phrase *p, size_t first, size_t n)
{
    size_t i = first;

    while (i + 1 < n && (p->word[i].flags & ONR_LEX_ADJ) && p->word[i + 1].capital
           && !(p->word[i].flags & ONR_LEX_FIRST))
        i++;
    if (i > first
        && ((p->word[i].flags & ONR_LEX_FIRST) || (p->word[i].flags == 0 && !p->word[i].acronym)))
        return i;
    return first;
}

/* Pope Francis, King Salman: the title is part of a name of one word. */
static void
keep_crown(struct onr_span s, const struct onr_phrase *p, size_t name, size_t n,
           struct onr_mention *m)
{
    static const char *const crowns[] = { "Emperor",  "King",  "Pope", "Prince",
                                          "Princess", "Queen", "Saint" };

    if (m->type == ONR_NAME_PERSON && n == name + 1 && IN(words(s, p, name - 1, name), crowns))
        m->name = words(s, p, name - 1, n);
}

/* (D-Mass.) behind a politician's name. */
static bool
is_party_tag(struct onr_span s, const struct onr_word *w)
{
    return w->end - w->begin > 2 && s.ptr[w->begin + 1] == '-';
}

/* (AP), (Reuters): the agency of a dateline, or the acronym of somebody already named. */
static bool
in_brackets(struct onr_span s, const struct onr_phrase *p)
{
    size_t begin = p->word[0].begin;

    return begin > 0 && s.ptr[begin - 1] == '(' && p->end < s.len && s.ptr[p->end] == ')';
}

static struct onr_span
small_word_behind(struct onr_span s, size_t pos)
{
    if (pos + 1 >= s.len || s.ptr[pos] != ' ' || !onr_ch_is(s.ptr[pos + 1], ONR_CH_LOWER))
        return ONR_SPAN_NULL;
    return onr_span_sub(s, pos + 1, onr_word_end(s, pos + 1));
}

/* "Republican lawmakers", "the Reed administration", "the Bell campaign": bodies named with a small word. */
static bool
judge_with_small_word(struct onr_span s, const struct onr_phrase *p, size_t first, size_t n,
                      struct onr_mention *m)
{
    size_t end = p->word[n - 1].end, i;
    struct onr_span w = small_word_behind(s, end), behind;
    bool adjectives = true;

    if (n < p->n || p->possessive || w.len == 0)
        return false;
    m->name = onr_span_sub(s, p->word[first].begin, end + 1 + w.len);
    m->n_words = (unsigned) (n - first) + 1;
    if (m->name.len > ONR_NAME_MAX)
        return false;
    for (i = first; i < n; i++)
        adjectives &= (p->word[i].flags & ONR_LEX_ADJ) != 0;
    if (adjectives && (onr_lexicon_flags(w) & ONR_LEX_GROUP)) {
        m->type = ONR_NAME_GROUP;
        return true;
    }
    if (!onr_span_eq_z(w, "administration") && !onr_span_eq_z(w, "campaign"))
        return false;
    behind = small_word_behind(s, end + 1 + w.len);
    m->type = ONR_NAME_ORGANISATION;
    return !(onr_lexicon_flags(behind) & (ONR_LEX_ROLE | ONR_LEX_MODIFIER | ONR_LEX_GROUP))
           && is_person(s, p, first, n, false);
}

static bool
read_mention(struct onr_mention_reader *r, const struct onr_phrase *p, struct onr_mention *m)
{
    struct onr_span s = r->text;
    size_t first, n, name;

    *m = (struct onr_mention){ .role = ONR_SPAN(""),
                               .weak = r->line_is_title || in_brackets(s, p) };
    if (p->compound || is_party_tag(s, &p->word[0]))
        return false;
    first = trim_start(s, p, p->n);
    n = trim_end(p, first, p->n);
    if (first >= n)
        return false;
    m->fresh = first == 0 && begins_sentence(s, p->word[0].begin);
    if (judge_with_small_word(s, p, first, n, m))
        return true;
    if ((p->word[n - 1].flags & ONR_LEX_ORG) || !(name = title_end(s, p, first, n)))
        name = first;
    if (name > first && name < n) {
        m->role = words(s, p, first, name);
        if (judge(s, p, name, n, true, m)) {
            keep_crown(s, p, name, n, m);
            return true;
        }
        m->role = ONR_SPAN("");
    }
    if (judge(s, p, first, n, false, m) && m->type != ONR_NAME_PERSON)
        return true;
    name = skip_adjectives(p, first, n);
    if (!judge(s, p, name, n, false, m))
        return false;
    if (m->type == ONR_NAME_PERSON && !m->weak) {
        m->role = onr_role_before(s, p->word[first].begin, p->word[n - 1].end);
        if (m->role.len == 0)
            m->role = onr_role_behind(s, p->word[n - 1].end);
        if (m->role.len > 0)
            m->sure = true;
    }
    return true;
}

/* The capital at pos may stand behind "al-": where that begins. */
static size_t
with_particle(struct onr_span s, size_t pos)
{
    size_t begin = pos;

    if (pos < 2 || s.ptr[pos - 1] != '-')
        return pos;
    for (begin--; begin > 0 && pos - begin < 5 && onr_ch_is(s.ptr[begin - 1], ONR_CH_LOWER);
         begin--)
        ;
    if (begin > 0 && onr_cp_is_word(onr_cp_before(s, begin)))
        return pos;
    return onr_particle_len(onr_span_sub(s, begin, onr_word_end(s, pos))) > 0 ? begin : pos;
}

bool
onr_mentions_next(struct onr_mention_reader *r, struct onr_mention *ret)
{
    struct onr_span s = r->text;
    struct onr_phrase phrase;

    while (r->pos < s.len) {
        size_t pos = r->pos;
        uint32_t cp;

        if (!onr_ch_is(s.ptr[pos], ONR_CH_UPPER | ONR_CH_HIGH)) {
            r->pos++;
            continue;
        }
        cp = onr_cp_at(s, pos);
        if (!onr_cp_is_upper(cp) || onr_cp_is_word(onr_cp_before(s, pos))) {
            r->pos += onr_utf8_len((uint8_t) s.ptr[pos]);
            continue;
        }
        pos = with_particle(s, pos);
        enter_line(r, pos);
        onr_phrase_read(s, pos, r->paragraphs.width > 0, &phrase);
        r->pos = phrase.end;
        if (read_mention(r, &phrase, ret))
            return true;
    }
    return false;
}
