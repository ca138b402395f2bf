# shellcheck shell=bash
# shellcheck disable=SC2154 # options and directories come from run
# Builds the guest's root: what is in $scratch/root becomes the initramfs.

root=
module_count=0
declare -A staged_modules=()

# The guest has the layout of a merged /usr, like Debian: /bin/x and
# /usr/bin/x are the same file, whichever name a program or ldd uses.
make_skeleton() {
	local dir
	root=$scratch/root
	mkdir -p "$root"/{usr/{bin,sbin,lib,lib64,local/bin},dev,proc,sys,run,tmp,mnt,root,etc,.vm/modules}
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	chmod 1777 "$root/tmp"
	printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
	# For libraries that are not in the loader's default directories.
	[[ ! -f /etc/ld.so.cache ]] || cp /etc/ld.so.cache "$root/etc/"
	cp -L -- "$(command -v busybox)" "$root/usr/bin/busybox"
	cp -- "$vm_dir/init" "$root/init"
	chmod 755 "$root/init" "$root/usr/bin/busybox"
	# busybox's shell runs its own applets instead of the programs in PATH,
	# so commands get a real one.
	add_program /bin/sh
}

# Copies one file, without its libraries, to its own path or to DEST. Symbolic
# links are followed: their targets may be anywhere on this machine.
copy_file() { # FILE [DEST]
	local dest=$root${2:-$1}
	mkdir -p -- "${dest%/*}"
	cp -L --remove-destination --preserve=mode,timestamps -- "$1" "$dest"
}

# Adds the libraries and the ELF interpreter of a dynamic program or library.
add_libraries() { # FILE
	local line path
	while IFS= read -r line; do
		if [[ $line == *'=> not found' ]]; then
			note "warning: $1 needs a library that is missing: ${line%% =>*}"
			continue
		fi
		path=$(sed -nE 's/^\s*(.* => )?(\/.*) \(0x[0-9a-f]+\)$/\2/p' <<<"$line")
		[[ ! $path || -e $root$path ]] || copy_file "$path"
		# glibc loads this one by name, for pthread_exit and pthread_cancel.
		if [[ $path == */libc.so.6 && -e ${path%/*}/libgcc_s.so.1 ]]; then
			copy_file "${path%/*}/libgcc_s.so.1"
		fi
	done < <(ldd "$1" 2>/dev/null)
}

# Adds what a script needs to start.
add_interpreter() { # SCRIPT
	local line words program
	IFS= read -r line <"$1" || true
	read -ra words <<<"${line#\#!}"
	for program in "${words[@]:0:2}"; do
		# Of "env bash", both are programs; of "sh -e", only the first.
		[[ $program != -* ]] || break
		program=$(command -v -- "$program") || break
		if [[ $program == /* && ! -e $root$program ]]; then
			add_program "$program"
		fi
		[[ $program == */env ]] || break
	done
}

# Adds what the file at PATH needs in order to run: nothing for plain data.
add_needed() { # FILE
	local magic
	IFS= read -r -d '' -n 4 magic < <(head -c 4 -- "$1" | tr -d '\0') || true
	case $magic in
	$'\x7fELF') add_libraries "$1" ;;
	'#!'*) add_interpreter "$1" ;;
	esac
}

add_program() { # FILE [DEST]
	copy_file "$@"
	add_needed "$1"
}

add_directory() { # DIRECTORY
	local file
	mkdir -p -- "$root$1"
	# -L finds the files behind symbolic links; one that leads nowhere stays
	# a link (type l) and is left out, as are sockets and the like.
	while IFS= read -r -d '' file; do
		if [[ -d $file ]]; then
			mkdir -p -- "$root$file"
		else
			add_program "$file"
		fi
	done < <(find -L "$1" \( -type d -o -type f \) -print0)
}

add_path() { # PATH
	local path
	# Only made absolute: the guest must find it by the name it was given.
	path=$(realpath -s -- "$1")
	if ((disk)) && [[ $path == /mnt/* ]]; then
		die "--file $1 would be hidden by --disk, which is mounted on /mnt"
	elif [[ -d $path ]]; then
		add_directory "$path"
	elif [[ -f $path ]]; then
		add_program "$path"
	else
		die "--file $1: no such file or directory"
	fi
}

# Modules that the scripts among the files import, from what they say.
imported_modules() {
	local file scripts=()
	for file in "${files[@]}"; do
		while IFS= read -r -d '' file; do
			scripts+=("$file")
		done < <(find -L "$file" -name '*.py' -type f -print0)
	done
	sed -nE 's/^(import|from) ([a-z_]+).*/\2/p' "${scripts[@]}" /dev/null | sort -u
}

# Python's whole library would be 50 MB: only what is imported comes along. A
# module that is not there belongs to the scripts themselves.
add_python() {
	local program file
	program=$(PATH=/usr/bin:$PATH command -v python3) || skip "python3 is not installed"
	add_program "$program"
	while IFS= read -r file; do
		add_program "$file"
	done < <(imported_modules | "$program" -c "$PYTHON_FILES")
}
PYTHON_FILES='
import importlib, encodings.ascii, encodings.latin_1, os, sys
for name in sys.stdin.read().split():
	try:
		importlib.import_module(name)
	except ImportError:
		pass
for module in list(sys.modules.values()):
	for file in (getattr(module, "__file__", None), getattr(module, "__cached__", None)):
		if file and os.path.exists(file):
			print(file)
'

# Adds a module after everything it depends on. The number in the name is the
# order in which the guest's init loads them.
add_module() { # NAME-OR-FILE
	local name=${1##*/} source=$1 unpacked dependency number=
	name=${name%%.ko*}
	[[ ! ${staged_modules[${name//-/_}]-} ]] || return 0
	staged_modules[${name//-/_}]=1
	if [[ ! -f $1 ]]; then
		[[ $1 != */* && $1 != *.ko ]] || die "no module file $1"
		! is_builtin_module "$name" || return 0
		source=$(find_module "$name")
		[[ $source ]] || die "kernel $kernel_release has no module $name"
	fi
	unpacked=$scratch/$name.ko
	unpack_module "$source" >"$unpacked"
	while IFS= read -r dependency; do
		add_module "$dependency"
	done < <(module_depends "$unpacked")
	printf -v number '%03d' "$((module_count++))"
	mv -- "$unpacked" "$root/.vm/modules/$number-$name.ko"
}

add_modules() {
	local module
	add_module virtio_pci
	add_module virtio_console
	((disk == 0)) || add_module virtio_blk
	if ((swap)); then
		# 6.1's zram asks the crypto layer for this one by name, and the
		# guest cannot load modules on demand.
		[[ ! $(find_module lzo-rle) ]] || add_module lzo-rle
		add_module zram
	fi
	for module in "${modules[@]}"; do
		add_module "$module"
	done
}

# Describes to the guest's init what to do, as shell text that it sources.
write_settings() {
	local name word
	{
		printf 'disk=%s\nswap=%s\n' "$disk" "$swap"
		printf 'directory=%s\n' "$(sh_quote "$PWD")"
		for name in "${!MMT_@}"; do
			printf 'export %s=%s\n' "$name" "$(sh_quote "${!name}")"
		done
		printf 'set --'
		for word in "${command[@]}"; do
			printf ' %s' "$(sh_quote "$word")"
		done
		printf '\n'
	} >"$root/.vm/settings"
}

build_initramfs() {
	local path
	make_skeleton
	if [[ -x $repo_dir/build/mmtrace ]]; then
		add_program "$repo_dir/build/mmtrace" /usr/local/bin/mmtrace
	fi
	for path in "${files[@]}"; do
		add_path "$path"
	done
	((python == 0)) || add_python
	add_modules
	write_settings
	# Not compressed: inflating it would be emulated, and costs far more
	# than copying it does.
	(cd -- "$root" && find . -print0 |
		cpio --null --create --format=newc --owner=+0:+0 --quiet) \
		>"$scratch/initramfs" || die "cannot make the initramfs"
	rm -rf -- "$root"
}
