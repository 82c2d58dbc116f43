/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Windows: for each slice of time, the sums of this CPU, interface and direction after its last
 * packet, and who weighed most in it. Sums are carried from window to window and never reset, so a
 * reader that missed some still knows what all of them held together. The clock is read once a
 * jiffy, or when so many bytes were booked since that a window's edge would blur by more than the
 * gate: a packet may come into a window one jiffy too early, never too late.
 */
#pragma once

/* The window that the time belongs to. */
static __noinline __u64 read_clock(struct window_clock *clock, __u64 now)
{
	__u64 window_index = bpf_ktime_get_boot_ns() / window_ns;

	clock->jiffy = now;
	clock->left = clock_read_bytes;
	/* The kernel's fast clock may step back by a hair; windows only go on. */
	if (window_index > clock->window_index)
		clock->window_index = window_index;
	return clock->window_index;
}

/* Goes on from the sums of the row's last window. */
static __noinline struct cgt_window *open_window(struct cgt_window_row *row, __u64 window_index)
{
	struct cgt_window *last = &row->ring[row->head & (CGT_WINDOW_RING - 1)];
	struct cgt_window *window = &row->ring[window_index & (CGT_WINDOW_RING - 1)];
	__u64 bytes = last->bytes; /* `last` is `window` itself after just a lap */
	__u64 packets = last->packets;

	window->seq++;
	barrier();
	window->window_index = window_index;
	window->bytes = bytes;
	window->packets = packets;
	window->error = 0;
	for (int i = 0; i < CGT_WINDOW_TOP; i++)
		window->top[i] = (struct cgt_window_top){};
	barrier();
	window->seq++;
	row->head = window_index;
	return window;
}

/* The window that a packet of so many bytes belongs to. `now` in jiffies. */
static __always_inline struct cgt_window *
window_at(struct cpu_memory *here, __u32 cpu, enum direction direction, __u64 bytes, __u64 now)
{
	struct window_clock *clock = &here->clock;
	__u32 index = cpu * 2 + direction;
	struct cgt_window_row *row = bpf_map_lookup_elem(&cgt_windows, &index);
	struct cgt_window *window;
	__u64 window_index = clock->window_index;
	__s64 left = clock->left - bytes;

	if (!row)
		return NULL;
	clock->left = left;
	if (clock->jiffy != now || left < 0)
		window_index = read_clock(clock, now);
	window = &row->ring[window_index & (CGT_WINDOW_RING - 1)];
	if (window->window_index != window_index)
		window = open_window(row, window_index);
	return window;
}

/*
 * Misra-Gries: a newcomer that finds no free entry takes as much from everyone, itself included, as
 * the least of them has. Returns how much that is: every share may lack so much more. (The least is
 * found by number, not by pointer: the verifier would walk the rest once for each.)
 */
static __noinline __u32 misra_gries_add(struct cgt_window *window, __u32 slot, __u32 bytes)
{
	struct cgt_window_top *top = window->top;
	__u64 least = ~0ULL; /* bytes, then which */
	__u32 taken;

	for (__u32 i = 0; i < CGT_WINDOW_TOP; i++) {
		__u64 weight = (__u64)top[i].bytes << 32 | i;

		if (top[i].slot == slot) {
			top[i].bytes += bytes;
			return 0;
		}
		if (weight < least)
			least = weight;
	}
	taken = least >> 32;
	if (taken > bytes)
		taken = bytes;
	for (int i = 0; taken && i < CGT_WINDOW_TOP; i++)
		top[i].bytes -= taken;
	if (bytes > taken) {
		top += least & (CGT_WINDOW_TOP - 1);
		top->slot = slot;
		top->bytes = bytes - taken;
	}
	return taken;
}
