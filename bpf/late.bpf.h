/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Late packets: for an address and port that some cgroup served, and that no socket takes now. They
 * are counted on a reason or on the pod as ever; here the cgroup that is meant keeps a record of
 * them, so that a later process can tell what came after its end. Which cgroup serves an address is
 * learned from a SYN for its listener, or from the first datagram of a flow. Where two interfaces
 * that are counted see a packet, it is in the record twice.
 */
#pragma once

/* Clients' sockets have ports above, by the default of net.ipv4.ip_local_port_range. */
#define FIRST_EPHEMERAL_PORT 32768

/* The destination of a received packet, the source of a sent one. */
static __always_inline struct cgt_service service_of(const struct packet *p,
						     enum direction direction)
{
	struct cgt_service service = {.protocol = p->protocol, .version = p->version};
	const struct bpf_sock_tuple *tuple = &p->tuple;

	service.address.netns = netns_key;
	if (p->version == 4) {
		service.port = direction == RX ? tuple->ipv4.dport : tuple->ipv4.sport;
		service.address.address[2] = bpf_htonl(0xffff);
		service.address.address[3] =
			direction == RX ? tuple->ipv4.daddr : tuple->ipv4.saddr;
	} else {
		service.port = direction == RX ? tuple->ipv6.dport : tuple->ipv6.sport;
		__builtin_memcpy(service.address.address,
				 direction == RX ? tuple->ipv6.daddr : tuple->ipv6.saddr, 16);
	}
	return service;
}

/* The cgroup that had the address last; 0 if none is known. */
static __always_inline __u64 server_of(const struct packet *p, enum direction direction)
{
	struct cgt_service service = service_of(p, direction);
	__u64 *server = bpf_map_lookup_elem(&cgt_services, &service);

	return server ? *server : 0;
}

static __noinline int learn_service(const struct packet *p, __u64 cgroup_id)
{
	struct cgt_service service = service_of(p, RX);
	__u64 *known = bpf_map_lookup_elem(&cgt_services, &service);
	struct cgt_life life = {};

	if (known && *known == cgroup_id)
		return 0;
	/* A cgroup that is older than the ledger has no life yet. */
	bpf_map_update_elem(&cgt_lives, &cgroup_id, &life, BPF_NOEXIST);
	return bpf_map_update_elem(&cgt_services, &service, &cgroup_id, BPF_ANY);
}

/* Whether `cgroup_id` serves the address of `p`; `entry` is what the owner cache has in its place.
 */
static __always_inline int tells_service(const struct packet *p, const struct owner_entry *entry,
					 __u64 cgroup_id)
{
	if (p->protocol == IPPROTO_TCP)
		return is_syn(p);
	return (!entry_is_of(entry, p, THIS_SENDER) || entry->owner != cgroup_id) &&
	       bpf_ntohs(p->version == 4 ? p->tuple.ipv4.dport : p->tuple.ipv6.dport) <
		       FIRST_EPHEMERAL_PORT;
}

static __always_inline void add_late(struct cgt_late *late, const struct packet *p, __u64 payload,
				     __u32 gso_size)
{
	__u64 now = bpf_ktime_get_boot_ns();

	if (!late->first_ns)
		late->first_ns = now;
	late->last_ns = now;
	/* As super_packet_wire() counts, for plain TCP and UDP. */
	__sync_fetch_and_add(&late->packets,
			     gso_size && payload ? (payload + gso_size - 1) / gso_size : 1);
	__sync_fetch_and_add(&late->payload_bytes, payload);
	if (is_syn(p))
		__sync_fetch_and_add(&late->syn, 1);
}

/*
 * A packet that no socket takes, or (`socket_owner` not 0) that only a socket takes which has
 * outlived its process. Returns 1 if it is late.
 */
static __noinline int note_late(struct __sk_buff *skb, const struct packet *p, __u64 socket_owner)
{
	__u64 id = socket_owner ?: server_of(p, RX);
	struct cgt_life *life = bpf_map_lookup_elem(&cgt_lives, &id);
	__u32 len = skb->len;

	if (!life || (socket_owner && !life->ended_ns))
		return 0;
	if (len <= SHORTEST_ETHERNET_FRAME)
		len -= padding_of(skb);
	add_late(&life->late, p, len - p->headers_len, skb->gso_size);
	return 1;
}

/* A reset that is sent in place of a server that has gone: somebody was refused. */
VERIFIED_ONCE int note_refusal(struct __sk_buff *skb)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct cpu_memory *here = bpf_map_lookup_elem(&cgt_cpus, &cpu);
	struct packet on_stack, *p;
	struct cgt_life *life;
	__u64 id;

	if (!here)
		return 0;
	p = parse_anew(skb, here, &on_stack);
	if (!p->has_ports)
		return 0;
	id = server_of(p, TX);
	life = bpf_map_lookup_elem(&cgt_lives, &id);
	if (life)
		__sync_fetch_and_add(&life->late.resets, 1);
	return 1;
}
