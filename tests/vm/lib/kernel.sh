# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # variables shared with run and qemu.sh
# Finds the kernel package of a series, fetching it into the cache when it is
# not there, and finds modules in it.

kernel_dir= # the unpacked package
kernel_release=
kernel_package_version=
kernel_modules_dir=

# Debian renames the kernel package with each ABI; the metapackage knows the
# current name. Prints nothing when apt knows none (no lists, not Debian).
current_release() { # SERIES METAPACKAGE
	command -v apt-cache >/dev/null || return 0
	# The metapackage without a version is another series in other releases
	# of Debian, hence the check of the number.
	apt-cache depends --no-recommends --no-suggests "$2" 2>/dev/null |
		sed -nE "s/^ *\|?Depends: linux-image-(${1//./\\.}\.[0-9].*)$/\1/p" |
		head -n 1
}

newest_cached_release() { # SERIES CACHE
	local dir
	for dir in "$2/$1".[0-9]*; do
		[[ -f $dir/package-version ]] && printf '%s\n' "${dir##*/}"
	done | sort -V | tail -n 1
}

# Downloads and unpacks one kernel. The cache entry appears by a rename, so a
# run that is interrupted never leaves half a kernel behind.
fetch_kernel() { # RELEASE CACHE
	local package=linux-image-$1 work apt_options=()
	command -v dpkg-deb >/dev/null || return 1
	work=$(mktemp -d "$2/.fetch.XXXXXX")
	# apt's unprivileged user cannot write here; say so before it warns.
	((EUID)) || apt_options=(-o APT::Sandbox::User=root)
	note "downloading $package"
	if (cd -- "$work" && apt-get -qq "${apt_options[@]}" download "$package") >&2 &&
		dpkg-deb -x "$work"/*.deb "$work/tree" &&
		dpkg-deb -f "$work"/*.deb Version >"$work/tree/package-version"; then
		mv -T -- "$work/tree" "$2/$1"
	fi
	rm -rf -- "$work"
	[[ -d $2/$1 ]]
}

find_kernel() { # SERIES
	local cache=${MMT_VM_CACHE:-$repo_dir/build/vm} release meta
	case $1 in
	6.1) meta=linux-image-cloud-amd64 ;;
	6.12) meta=linux-image-6.12-cloud-amd64 ;;
	*) die "-k must be 6.1 or 6.12" ;;
	esac
	mkdir -p -- "$cache"
	release=$(current_release "$1" "$meta")
	if [[ $release && ! -d $cache/$release ]]; then
		# Concurrent runs wait for one download.
		exec {lock}>"$cache/.lock"
		flock "$lock"
		[[ -d $cache/$release ]] || fetch_kernel "$release" "$cache" || release=
		exec {lock}>&-
	fi
	# Without the network, or without apt's lists, an older kernel will do.
	[[ $release ]] || release=$(newest_cached_release "$1" "$cache")
	[[ $release ]] || skip "no $1 kernel: $meta is not available and none is in $cache"

	kernel_dir=$cache/$release
	kernel_release=$release
	kernel_package_version=$(<"$kernel_dir/package-version")
	for kernel_modules_dir in "$kernel_dir"/{usr/,}lib/modules/"$release"; do
		[[ ! -d $kernel_modules_dir ]] || return 0
	done
	die "no modules in $kernel_dir"
}

# The package has no modules.dep (its installation would make that) and depmod
# need not be there, so modules are looked up by file name. Names of modules
# and of their files differ in '-' and '_'.
find_module() { # NAME
	find "$kernel_modules_dir" -name "${1//[-_]/[-_]}.ko*" -print -quit
}

is_builtin_module() { # NAME
	grep -qE "/${1//[-_]/[-_]}\.ko$" "$kernel_modules_dir/modules.builtin"
}

unpack_module() { # FILE
	case $1 in
	*.xz) xz -dc -- "$1" ;;
	*.zst) zstd -dcq -- "$1" ;;
	*.gz) gzip -dc -- "$1" ;;
	*) cat -- "$1" ;;
	esac
}

# Names a module says it depends on, one per line.
module_depends() { # UNPACKED-FILE
	tr '\0' '\n' <"$1" | sed -n 's/^depends=//p' | tr ',' '\n' | sed '/^$/d'
}
