/* Candidates as JSON: the published shape (scan, candidates, exports), and the whole of one, as the database keeps it. */
#ifndef CORE_CANDIDATE_JSON_H
#define CORE_CANDIDATE_JSON_H

#include "core/candidate.h"
#include "core/json.h"

/* Members of an open object, in the published order: id, technique, title, component, confidence, path, start, end, message,
 * evidence, tradeoff, identity. The caller may add more and closes it. */
void candidate_put_members(JsonOut *out, const Candidate *candidate);
/* The whole as one object: what is published, and what candidate_read needs beside it. */
void candidate_put_whole(JsonOut *out, const Candidate *candidate);
/* Reads what candidate_put_whole wrote, or an older version of it: what is missing is zero or empty. Text in arena; the
 * component's number is COMPONENT_NONE. False when it has no id. */
bool candidate_read(const Json *json, Arena *arena, Candidate *out);

/* What recognises it in a later scan, as one object: name, content, from, to, tokens, fingerprint, excerpt. Reading fills
 * these of a candidate; false when there is no such object. */
void candidate_put_identity(JsonOut *out, const Candidate *candidate);
bool candidate_read_identity(const Json *json, Arena *arena, Candidate *out);

/* Parts of it, for judged places in the log. */
void place_put(JsonOut *out, const Place *place);
void place_read(const Json *json, Arena *arena, Place *out);
void tradeoff_put(JsonOut *out, const Tradeoff *tradeoff);
/* 64-bit numbers stand as 16 hex digits, since JSON's numbers would lose some. */
void hash_put(JsonOut *out, const char *key, uint64_t hash);
uint64_t hash_read(Str hex);

#endif
