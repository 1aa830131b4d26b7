/* How the host makes what becomes a device array: from the loops that fill it back to where its elements come from.
 *
 * Understood only when every step between is: arithmetic on elements, fills, folds, pure functions of the sources. A
 * recurrence, a table that is looked up by key, an object that is built, or a call that nobody knows is not.
 * Internal to core/detect_*.c. */
#ifndef CORE_HOST_WAY_H
#define CORE_HOST_WAY_H

#include "core/program.h"

typedef struct HostWay {
	const Program *program;
	const FlowGraph *g;
	bool *behind;   /* what the array is made of */
	bool *after;    /* what is computed from what was read back, else from what loops count or go through */
	NodeId read;    /* the first readback that the array is made of; 0 when it is made on the host alone */
	NodeId array;   /* the device array made */
	RegionId first; /* outermost loops on the way, the first and the last */
	RegionId last;
	bool small;    /* one axis of floats made of an index: a window, a ramp */
	bool by_value; /* how many elements there are depends on their values */
} HostWay;

void host_way_begin(HostWay *way, const Program *program, const FlowGraph *graph, NodeId array);
/* Whether the way is understood, and has loops that operations on whole arrays could stand for. */
bool host_way_read(HostWay *way);
void host_way_done(HostWay *way);

/* Waits for the device and gives host values. */
bool host_way_reads(const FlowGraph *graph, NodeId node);
/* The innermost loop around a region that `array` is not made in as well; REGION_NONE when there is none. */
RegionId host_way_loop(const FlowGraph *graph, RegionId region, NodeId array);

#endif
