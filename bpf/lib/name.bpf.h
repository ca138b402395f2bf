/* SPDX-License-Identifier: GPL-2.0 */
/* The name of a mapping as /proc/PID/maps writes it, for programs that may not call
 * bpf_d_path(): fs/d_path.c without its locks.  A rename meanwhile may mix two names. */
#ifndef MMT_NAME_BPF_H
#define MMT_NAME_BPF_H

#include "cast.bpf.h"
#include "maps.bpf.h"

/* include/linux/fs.h: the bit moved from 25 to 24 in 6.14, and in stable kernels before, of
 * which no type shows; 25 means something else then. */
#define FMODE_BACKING_MAYBE (3u << 24)
#define FMODE_NOACCOUNT (1u << 29) /* all backing files have it, few others */
#define ANON_INODE_FS_MAGIC 0x09041934ul
#define SOCKFS_MAGIC 0x534f434bul
#define DMA_BUF_MAGIC 0x444d4142ul
#define ANON_NAME_MAX 80 /* with the NUL: ANON_VMA_NAME_MAX_LEN */
#define NAME_DEPTH 64 /* directories and mounts */
#define NAME_SLOTS 4

/* Room for a record whose name is being put together.  Programs may be preempted amid it, so
 * each CPU has some, and who finds none free does without the name. */
struct name_walk {
	u32 busy;
	u32 done;
	u64 dentry, mnt;
	u64 used; /* bytes of rec.name */
	struct mmt_vma_seen rec;
};
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, NAME_SLOTS);
	 __type(key, u32); __type(value, struct name_walk); } name_walks SEC(".maps");

/* The root directory of who reads the names, as in /proc/PID/maps: the reader's, not the process's. */
__u64 name_root_dentry, name_root_mnt;

static __always_inline void name_root_take(void)
{
	struct fs_struct *fs = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), fs);

	name_root_dentry = (u64)BPF_CORE_READ(fs, root.dentry);
	name_root_mnt = (u64)BPF_CORE_READ(fs, root.mnt);
}

static __always_inline u32 mix(u32 h, u64 v)
{
	v *= 0x9e3779b97f4a7c15ull;
	return (h ^ (u32)(v >> 32)) * 0x85ebca6bu + 0x165667b1u;
}

/* What stands behind a plain file is no mount and no name on it. */
static __always_inline bool is_path(u64 path)
{
	u64 dentry = FIELD_WORD(path, struct path, dentry), mnt = FIELD_WORD(path, struct path, mnt), super;

	if (!dentry || !mnt)
		return false;
	super = FIELD_WORD(dentry, struct dentry, d_sb);
	return super && super == FIELD_WORD(mnt, struct vfsmount, mnt_sb);
}

static __always_inline bool file_is_backing(u64 file)
{
	u32 mode;

	if (!bpf_core_field_exists(struct backing_file, user_path))
		return false;
	mode = FIELD_WORD(file, struct file, f_mode);
	return mode & FMODE_NOACCOUNT && mode & FMODE_BACKING_MAYBE &&
	       is_path(file + bpf_core_field_offset(struct backing_file, user_path));
}

/* Where the path of a file stands, and which inode maps shows: of overlayfs, not of the layer. */
static __always_inline u64 file_path_at(u64 file)
{
	if (file_is_backing(file))
		return file + bpf_core_field_offset(struct backing_file, user_path);
	return file + bpf_core_field_offset(struct file, f_path);
}

static __always_inline u64 file_inode_shown(u64 file, u64 inode)
{
	if (!file_is_backing(file))
		return inode;
	return FIELD_WORD(FIELD_WORD(file_path_at(file), struct path, dentry), struct dentry, d_inode);
}

static __always_inline void file_stamp(u64 inode, struct mmt_file_stamp *out)
{
	u64 sec, nsec;

	if (bpf_core_field_exists(struct inode, i_ctime_sec)) {
		sec = FIELD_WORD(inode, struct inode, i_ctime_sec);
		nsec = FIELD_WORD(inode, struct inode, i_ctime_nsec) & 0x3fffffff; /* above: flags */
	} else if (bpf_core_field_exists(struct inode___v610, __i_ctime)) {
		sec = FIELD_WORD(inode, struct inode___v610, __i_ctime.tv_sec);
		nsec = FIELD_WORD(inode, struct inode___v610, __i_ctime.tv_nsec);
	} else {
		sec = FIELD_WORD(inode, struct inode___v65, i_ctime.tv_sec);
		nsec = FIELD_WORD(inode, struct inode___v65, i_ctime.tv_nsec);
	}
	out->size = FIELD_WORD(inode, struct inode, i_size);
	out->ctime_ns = sec * 1000000000ull + nsec;
}

static __always_inline u32 magic_is_remote(u64 magic)
{
	u32 remote = 0;

#define REMOTE(NAME, number, text) remote |= (u32)magic == number;
#include "wire/remote.def"
#undef REMOTE
	return remote;
}

/* Opening the file may wait for another machine or process; of overlayfs, that of its layer too. */
__noinline __weak int file_is_remote(u64 file)
{
	u64 inode = FIELD_WORD(file, struct file, f_inode), shown = file_inode_shown(file, inode);
	u32 remote = magic_is_remote(FIELD_WORD(FIELD_WORD(inode, struct inode, i_sb), struct super_block, s_magic));

	if (shown != inode)
		remote |= magic_is_remote(FIELD_WORD(FIELD_WORD(shown, struct inode, i_sb), struct super_block, s_magic));
	return remote;
}

/* Never 0. */
__noinline __weak u32 file_edition(u64 inode)
{
	struct mmt_file_stamp stamp;
	u32 h;

	file_stamp(inode, &stamp);
	h = mix(mix(mix(17, stamp.size), stamp.ctime_ns), (u32)FIELD_WORD(inode, struct inode, i_generation));
	return (h & ((1u << MMT_EDITION_BITS) - 1)) | 1;
}

static __always_inline struct name_walk *name_slot(void)
{
	for (u32 i = 0; i < NAME_SLOTS; i++) {
		u32 number = i;
		struct name_walk *w = bpf_map_lookup_elem(&name_walks, &number);

		if (w && !__sync_lock_test_and_set(&w->busy, 1)) {
			w->used = 0;
			w->rec.name_flags = 0;
			return w;
		}
	}
	return 0;
}

static __always_inline void name_slot_free(struct name_walk *w)
{
	w->busy = 0;
}

/* Copies a text behind what is there, NUL included; how long it is, 0: there is no room. */
static __always_inline u32 name_copy(struct name_walk *w, u64 text)
{
	u64 used = w->used;
	long n;

	if (used > MMT_NAME_MAX)
		return 0;
	n = bpf_probe_read_kernel_str(w->rec.name + used, 256, (const void *)text);
	if (n <= 0)
		return 0;
	w->used = used + n;
	return n;
}

static __always_inline void name_text(struct name_walk *w, const char *text, u32 len)
{
	u64 used = w->used;

	if (used > MMT_NAME_MAX)
		return;
	__builtin_memcpy(w->rec.name + used, text, len);
	w->used = used + len;
}

struct name_ctx { struct name_walk *w; u64 escaped; };

static __always_inline long name_end(struct name_walk *w, u32 flags)
{
	w->rec.name_flags |= flags;
	w->done = 1;
	return 1;
}

/* __prepend_path(): one step towards the root. */
static long name_step(u32 i, struct name_ctx *c)
{
	const u64 inside = bpf_core_field_offset(struct mount, mnt);
	struct name_walk *w = c->w;
	u64 dentry = w->dentry, mnt = w->mnt, parent;

	if (dentry == name_root_dentry && mnt == name_root_mnt)
		return name_end(w, 0);
	parent = FIELD_WORD(dentry, struct dentry, d_parent);
	if (!parent)
		return name_end(w, MMT_NAME_CUT);
	if (dentry == FIELD_WORD(mnt, struct vfsmount, mnt_root)) {
		u64 above = FIELD_WORD(mnt - inside, struct mount, mnt_parent);

		if (above == mnt - inside)
			return name_end(w, 0); /* the root of its mount namespace */
		w->dentry = FIELD_WORD(mnt - inside, struct mount, mnt_mountpoint);
		w->mnt = above + inside;
		return 0;
	}
	if (dentry == parent) { /* moved out of what is mounted: the kernel shows "/" */
		w->used = c->escaped;
		return name_end(w, 0);
	}
	if (!name_copy(w, FIELD_WORD(dentry, struct dentry, d_name.name)))
		return name_end(w, MMT_NAME_CUT);
	w->dentry = parent;
	return 0;
}

static __always_inline void name_path(struct name_walk *w)
{
	struct name_ctx c = { .w = w, .escaped = w->used };

	w->done = 0;
	w->rec.name_flags |= MMT_NAME_PATH;
	bpf_loop(NAME_DEPTH, name_step, &c, 0);
	if (!w->done)
		w->rec.name_flags |= MMT_NAME_CUT;
}

/* File systems without directories name their files by themselves (d_dname). */
static __always_inline void name_pseudo(struct name_walk *w, u64 dentry, u64 inode)
{
	u64 magic = FIELD_WORD(FIELD_WORD(inode, struct inode, i_sb), struct super_block, s_magic);

	if (magic == SOCKFS_MAGIC) {
		w->rec.name_flags |= MMT_NAME_SOCKET;
		return;
	}
	if (magic == DMA_BUF_MAGIC) {
		w->rec.name_flags |= MMT_NAME_UNKNOWN;
		return;
	}
	if (magic == ANON_INODE_FS_MAGIC)
		name_text(w, "anon_inode:", 11);
	else
		w->rec.name_flags |= MMT_NAME_PATH | MMT_NAME_DELETED; /* simple_dname() */
	name_copy(w, FIELD_WORD(dentry, struct dentry, d_name.name));
}

static __always_inline void name_file(struct name_walk *w, u64 file)
{
	u64 path = file_path_at(file), inode = FIELD_WORD(file, struct file, f_inode), op, parent;

	w->dentry = FIELD_WORD(path, struct path, dentry);
	w->mnt = FIELD_WORD(path, struct path, mnt);
	op = FIELD_WORD(w->dentry, struct dentry, d_op);
	parent = FIELD_WORD(w->dentry, struct dentry, d_parent);
	if (op && FIELD_WORD(op, struct dentry_operations, d_dname) &&
	    (parent != w->dentry || w->dentry != FIELD_WORD(w->mnt, struct vfsmount, mnt_root))) {
		name_pseudo(w, w->dentry, inode);
		return;
	}
	if (parent != w->dentry && !FIELD_WORD(w->dentry, struct dentry, d_hash.pprev))
		w->rec.name_flags |= MMT_NAME_DELETED;
	name_path(w);
}

/* prctl(PR_SET_VMA_ANON_NAME): "[anon:NAME]".  false: it has none. */
static __always_inline bool name_anon(struct name_walk *w, u64 vma, u64 file)
{
	u64 name;

	if (!bpf_core_field_exists(struct vm_area_struct, anon_name))
		return false;
	if (file && bpf_core_field_offset(struct vm_area_struct, anon_name) ==
			    bpf_core_field_offset(struct vm_area_struct, shared))
		return false; /* before 6.2 file mappings have no such name */
	name = FIELD_WORD(vma, struct vm_area_struct, anon_name);
	if (!name)
		return false;
	if (file)
		name_text(w, "[anon_shmem:", 12);
	else
		name_text(w, "[anon:", 6);
	name_copy(w, name + bpf_core_field_offset(struct anon_vma_name, name));
	w->used -= 1; /* over its NUL */
	name_text(w, "]", 2);
	return true;
}

/* Global: its paths are verified once.  stamped: with a stamp of the file. */
__noinline __weak int name_fill(struct name_walk *w, const u64 *at, u32 kind, u32 stamped)
{
	u64 vma, file;

	if (!w || !at)
		return 0;
	vma = *at;
	file = FIELD_WORD(vma, struct vm_area_struct, vm_file);
	if (!(kind & MMT_VMA_SPECIAL) && name_anon(w, vma, file))
		return 0;
	if (file) {
		if (stamped) {
			w->rec.name_flags |= MMT_NAME_STAMP;
			w->used = sizeof(struct mmt_file_stamp);
			file_stamp(FIELD_WORD(file, struct file, f_inode), (struct mmt_file_stamp *)w->rec.name);
		}
		name_file(w, file);
	} else if (kind & MMT_VMA_SPECIAL) {
		name_copy(w, FIELD_WORD(FIELD_WORD(vma, struct vm_area_struct, vm_private_data), struct vm_special_mapping, name));
		if (w->rec.name[0] != '[')
			w->used = 0;
	}
	return 0;
}
#endif
