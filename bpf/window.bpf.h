/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Windows: for each slice of time, the cumulative sums of this CPU, interface and direction, and
 * the accounts with the most bytes in it. Sums are carried from window to window, so a reader that
 * missed some windows still knows what they held together. The clock is read once in a jiffy, and
 * after clock_read_bytes or a sixteenth of what the CPU counted in its last window, whichever is
 * more: a packet may be counted in a window that ended up to a jiffy ago, never in one that has not
 * begun. Counting itself is count_packet() in tally.bpf.h.
 */
#pragma once

/* The share of a window's bytes that may be counted without reading the clock: one in so many. */
#define CLOCK_READ_PARTS 16

/* Reads the clock; returns the index of the window that is open now. */
static __noinline __u64 read_clock(struct cpu_memory *here, __u64 now)
{
	__u64 window_index = bpf_ktime_get_boot_ns() / window_ns;
	struct window_clock *clock = &here->clock;
	struct clock_gate *gate = &here->gate;

	clock->jiffy = now;
	gate->bytes_in_window += gate->bytes_between_reads - clock->left;
	/* The kernel's fast clock may step back a little; window indexes must not. */
	if (window_index > clock->window_index) {
		gate->bytes_between_reads = gate->bytes_in_window /
					    (window_index - clock->window_index) / CLOCK_READ_PARTS;
		if (!clock_read_bytes || gate->bytes_between_reads < clock_read_bytes)
			gate->bytes_between_reads = clock_read_bytes;
		gate->bytes_in_window = 0;
		clock->window_index = window_index;
	}
	clock->left = gate->bytes_between_reads;
	return clock->window_index;
}

/* Opens a window, with the sums of the row's last window. */
static __noinline struct cgt_window *open_window(struct cgt_window_row *row, __u64 window_index)
{
	struct cgt_window *last = &row->ring[row->head & (CGT_WINDOW_RING - 1)];
	struct cgt_window *window = &row->ring[window_index & (CGT_WINDOW_RING - 1)];
	__u64 bytes =
		last->bytes; /* `last` is `window` itself if exactly one ring length has passed */
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

/*
 * The window for a packet of `bytes` bytes. The CPU and the time are asked for again: kept from the
 * start of the program they would be on its stack, which is full.
 */
static __always_inline struct cgt_window *window_at(struct __sk_buff *skb, struct cpu_memory *here,
						    enum direction direction, __u64 bytes)
{
	struct window_clock *clock = &here->clock;
	__u32 key = interface_index(skb);
	void *windows = bpf_map_lookup_elem(&cgt_windows, &key);
	struct cgt_window_row *row;
	struct cgt_window *window;
	__u64 now = bpf_jiffies64();
	__u64 window_index = clock->window_index;
	__s64 left = clock->left - bytes;

	key = bpf_get_smp_processor_id() * 2 + direction;
	row = windows ? bpf_map_lookup_elem(windows, &key) : NULL;
	if (!row)
		return NULL;
	clock->left = left;
	if (clock->jiffy != now || left < 0)
		window_index = read_clock(here, now);
	window = &row->ring[window_index & (CGT_WINDOW_RING - 1)];
	if (window->window_index != window_index)
		window = open_window(row, window_index);
	return window;
}

/*
 * Misra-Gries: a slot that finds no unused entry reduces all entries and itself by the smallest of
 * them. Returns that amount, by which each share may now be too low. (The smallest is found by
 * index, not by pointer: the verifier would walk the rest of the code once for each pointer.)
 */
static __noinline __u32 misra_gries_add(struct cgt_window *window, __u32 slot, __u32 bytes)
{
	struct cgt_window_top *top = window->top;
	__u64 least = ~0ULL; /* bytes, then the index */
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
