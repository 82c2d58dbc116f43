/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What makes an owner of an established TCP connection doubtful: its socket leaves the state
 * ESTABLISHED. A program at the kernel's own tracepoint counts that (tcp_states.bpf.c), in buckets
 * by both ports; the owner cache believes an entry while its bucket's count stays. The packets of
 * the end, FIN and RST, would not do: they may take another way, or never be sent.
 */
#pragma once

/*
 * Written by any CPU whose socket changes, read by all: one page, which stays in the caches of
 * whoever reads it until a connection ends.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cgt_tcp_changes);
} cgt_tcp_changes SEC(".maps");

/* `ports` as a packet to the socket has them: the other end's and its own, in network byte order.
 */
static __always_inline __u32 tcp_change_bucket(__u32 ports)
{
	return (ports * 0x9e3779b1U) >> (32 - CGT_TCP_CHANGE_BITS);
}

/* The key of the map's one entry. In .rodata, because stack is scarce. */
static const volatile __u32 only_entry = 0;

/* NULL never happens. */
static __always_inline __u32 *tcp_changes_of(__u32 bucket)
{
	struct cgt_tcp_changes *changes =
		bpf_map_lookup_elem(&cgt_tcp_changes, (const void *)&only_entry);

	return changes ? &changes->count[bucket & (CGT_TCP_CHANGE_BUCKETS - 1)] : NULL;
}
