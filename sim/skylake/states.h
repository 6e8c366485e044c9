/* The pipeline's states, each written down once, and the room in which all lies that is remembered (states.c). */
#ifndef SKYLAKE_STATES_H
#define SKYLAKE_STATES_H
#include "trace.h"

/* Everything lies in one room; a place in it is counted in words of eight bytes, and 0 is none. */
typedef UInt Ref;

extern ULong *space;
static inline void *at(Ref ref) { return space + ref; }
static inline Ref ref_of(const void *thing) { return (ULong *)thing - space; }
/* So many bytes more of it. What comes later lies behind. */
void *room(UInt bytes);
Bool room_full(void), room_begun(void);
/* Nothing is remembered any more. */
void room_empty(void);

typedef struct {
    Ref more; /* of its bucket */
    Ref passings;
    UInt hash, count;
    UInt words[];
} State;

/* The state of the pipeline as it is now; 0 if it cannot be written down. */
Ref intern(void);
/* Makes it the pipeline's own again. */
void recall(Ref state, Origin origin);
#endif
