/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that pass a hook of a device although the wire did not carry them, or not as they are:
 * counting them would count twice. Asked on the slow paths only; flows of such packets are never
 * cached, so that the fast path does not meet them.
 *
 * 1. Egress: an ifb that a packet was redirected to gives it back to the device's queue.
 * 2. Ingress: macvlan (bridge mode) and ipvlan hand packets between their own devices, or to the
 *    host, by way of the device below.
 * 3. Ingress: IPsec in tunnel mode hands in the decrypted packet once more on the same device.
 */
#pragma once

#define MAX_DEVICES_ABOVE 64
#define XFRM_GRO	  32 /* include/net/xfrm.h, unchanged from 5.10 to 7.2 */

/* The MAC at `offset` of the frame as a number; 0 if the frame is too short. */
static __always_inline __u64 mac_of(struct __sk_buff *skb, __u32 offset)
{
	__u64 mac = 0;

	bpf_skb_load_bytes(skb, offset, &mac, ETH_ALEN);
	return mac;
}

static __always_inline __u64 mac_of_device(struct net_device *dev)
{
	__u64 mac = 0;

	bpf_probe_read_kernel(&mac, ETH_ALEN, BPF_CORE_READ(dev, dev_addr));
	return mac;
}

/* Tells whether `mac` is that of the skb's device or of a device above it (in any netns). */
VERIFIED_ONCE int walk_devices_above(struct __sk_buff *skb, __u64 mac)
{
	struct net_device *dev = BPF_CORE_READ(kernel_skb(skb), dev);
	__u32 head_at = bpf_core_field_offset(struct net_device, adj_list.upper);
	struct list_head *head = (void *)dev + head_at;
	struct list_head *at = BPF_CORE_READ(head, next);

	if (mac_of_device(dev) == mac)
		return 1;
	for (int i = 0; i < MAX_DEVICES_ABOVE && at && at != head; i++) {
		struct netdev_adjacent *above =
			(void *)at - bpf_core_field_offset(struct netdev_adjacent, list);

		if (mac_of_device(BPF_CORE_READ(above, dev)) == mac)
			return 1;
		at = BPF_CORE_READ(at, next);
	}
	return 0;
}

/* Walks once in a jiffy for each MAC. */
static __always_inline int is_mac_above(struct __sk_buff *skb, struct cpu_memory *here, __u64 mac)
{
	struct mac_entry *entry =
		&here->macs[(mac * GOLDEN_RATIO_64) >> 32 & (CGT_MAC_CACHE_SIZE - 1)];
	__u64 now = bpf_jiffies64();

	if (preempt_rt)
		return walk_devices_above(skb, mac);
	if (entry->jiffy != now || entry->mac != mac || entry->ifindex != skb->ifindex) {
		entry->jiffy = now;
		entry->mac = mac;
		entry->ifindex = skb->ifindex;
		entry->above = walk_devices_above(skb, mac);
	}
	return entry->above;
}

/* macvlan, ipvlan, bridge and bond take frames by an rx_handler. */
static __always_inline int has_device_above(struct __sk_buff *skb, struct cpu_memory *here)
{
	struct fact_entry *entry = &here->above;
	__u32 iface = interface_key(skb);
	__u64 now = bpf_jiffies64();

	if (preempt_rt)
		return 1;
	if (entry->jiffy != now || entry->key != iface) {
		entry->jiffy = now;
		entry->key = iface;
		entry->answer = BPF_CORE_READ(kernel_skb(skb), dev, rx_handler) != NULL;
	}
	return entry->answer;
}

/*
 * Tells whether a device above this one sent the frame. Such a frame still has its sender's socket,
 * which frames from a wire never have (those of a veth do, but come from a MAC of its peer).
 */
static __always_inline int is_from_above(struct __sk_buff *skb, struct cpu_memory *here)
{
	return l2_has_ethernet && skb->sk && has_device_above(skb, here) &&
	       is_mac_above(skb, here, mac_of(skb, offsetof(struct ethhdr, h_source)));
}

enum skb_ext_id {
	SKB_EXT_SEC_PATH = 1, /* relocated; absent without IPsec */
};

/* A packet may have been decrypted only if its netns has a security association. */
static __always_inline int ipsec_is_used(struct __sk_buff *ctx, struct cpu_memory *here)
{
	struct fact_entry *entry = &here->ipsec;
	__u64 now = bpf_jiffies64();

	if (preempt_rt)
		return 1;
	if (entry->jiffy != now || entry->key != netns_key) {
		entry->jiffy = now;
		entry->key = netns_key;
		entry->answer = BPF_CORE_READ(kernel_skb(ctx), dev, nd_net.net, xfrm.state_num);
	}
	return entry->answer;
}

VERIFIED_ONCE int has_finished_security_path(struct __sk_buff *ctx)
{
	struct sk_buff *skb = kernel_skb(ctx);
	__u32 id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
	void *extensions = BPF_CORE_READ(skb, extensions);
	struct sec_path *path;
	__u8 at = 0;

	if (!(BPF_CORE_READ(skb, active_extensions) & (1 << id)))
		return 0;
	bpf_probe_read_kernel(&at, sizeof(at),
			      extensions + bpf_core_field_offset(struct skb_ext, offset) + id);
	path = extensions + at * 8; /* in units of 8 bytes */
	return !BPF_CORE_READ(path, olen) && !(BPF_CORE_READ(path, ovec[0].flags) & XFRM_GRO);
}

/*
 * Tells whether IPsec made this packet of one that was counted before. A packet with a security
 * path on an Ethernet device is such a one, unless the device decrypts (olen), or GRO took the
 * outer packet before it could be counted (xfrm_input). Devices without Ethernet headers (xfrm,
 * vti) see only the decrypted packet.
 */
static __always_inline int is_decrypted(struct __sk_buff *ctx, struct cpu_memory *here)
{
	return l2_has_ethernet && bpf_core_field_exists(struct net, xfrm) &&
	       bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH) &&
	       ipsec_is_used(ctx, here) && has_finished_security_path(ctx);
}

/* Tells whether each packet that this interface receives came by the wire, and as it is. */
static __always_inline int receives_from_wire_alone(struct __sk_buff *skb, struct cpu_memory *here)
{
	return !has_device_above(skb, here) && !ipsec_is_used(skb, here);
}

/* Tells whether an ifb gives this packet back: it was counted before it went there. */
static __always_inline int is_from_ifb(struct __sk_buff *ctx)
{
	struct sk_buff *skb = kernel_skb(ctx);

	return bpf_core_field_exists(skb->tc_skip_classify) &&
	       BPF_CORE_READ_BITFIELD_PROBED(skb, tc_skip_classify);
}
