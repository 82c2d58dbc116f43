// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An oracle for the paths' tests that shares no code with production: the hand-over, mirrored. What
 * the uplink receives is noted by its sk_buff's address, and where the host's end of a pod's veth
 * sends that very sk_buff, its bytes count for the veth. No address, socket or NAT is looked at.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NEXT   -1
#define PLACES 1024

struct noted {
	__u64 skb;
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PLACES);
	__type(key, __u32);
	__type(value, struct noted);
} notes SEC(".maps");

/* Where a pointer becomes a number. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} scratch SEC(".maps");

struct carried {
	__u64 packets;
	__u64 bytes;
};

/* Key: ifindex of the device that sent it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct carried);
} carried SEC(".maps");

static __always_inline __u64 address_of(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *number = bpf_map_lookup_elem(&scratch, &zero);

	if (!number)
		return 0;
	*(struct __sk_buff *volatile *)number = skb;
	return *(volatile __u64 *)number;
}

static __always_inline struct noted *place_of(__u64 address)
{
	__u32 index = (address >> 6 ^ address >> 16) & (PLACES - 1);

	return bpf_map_lookup_elem(&notes, &index);
}

/* Bytes of Ethernet, IP and TCP or UDP, without extension headers. */
static __always_inline __u32 headers_of(struct __sk_buff *skb)
{
	__u32 at = ETH_HLEN + 40;
	__u8 protocol = 0, byte = 0;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		bpf_skb_load_bytes(skb, ETH_HLEN, &byte, 1);
		at = ETH_HLEN + (byte & 0xf) * 4;
		bpf_skb_load_bytes(skb, ETH_HLEN + 9, &protocol, 1);
	} else {
		bpf_skb_load_bytes(skb, ETH_HLEN + 6, &protocol, 1);
	}
	if (protocol != IPPROTO_TCP)
		return at + 8;
	bpf_skb_load_bytes(skb, at + 12, &byte, 1);
	return at + (byte >> 4) * 4;
}

SEC("tc")
int note_received(struct __sk_buff *skb)
{
	__u64 address = address_of(skb);
	struct noted *noted = place_of(address);
	__u32 headers, payload;

	if (!noted)
		return NEXT;
	noted->skb = address;
	noted->packets = 1;
	noted->bytes = skb->len;
	if (skb->gso_size) {
		headers = headers_of(skb);
		payload = skb->len - headers;
		noted->packets = (payload + skb->gso_size - 1) / skb->gso_size;
		noted->bytes = payload + noted->packets * headers;
	}
	return NEXT;
}

SEC("tc")
int count_carried(struct __sk_buff *skb)
{
	__u64 address = address_of(skb);
	struct noted *noted = place_of(address);
	__u32 device = skb->ifindex;
	struct carried none = {}, *sum;

	if (!noted || noted->skb != address)
		return NEXT;
	bpf_map_update_elem(&carried, &device, &none, BPF_NOEXIST);
	sum = bpf_map_lookup_elem(&carried, &device);
	if (!sum)
		return NEXT;
	__sync_fetch_and_add(&sum->packets, noted->packets);
	__sync_fetch_and_add(&sum->bytes, noted->bytes);
	noted->skb = 0;
	return NEXT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
