# shellcheck shell=bash
# shellcheck disable=SC2154 # options and directories come from the other parts
# shellcheck disable=SC2054 # QEMU's options are full of commas
# Runs the guest and turns what it left behind into our output and status.

qemu_status=

make_disk() {
	truncate -s 1G "$scratch/disk"
	mkfs.ext4 -q -F "$scratch/disk" || die "cannot make the disk"
}

# While it boots, the kernel holds the archive and the files unpacked from it;
# the latter may fill no more than half of the memory.
choose_memory() {
	local size need
	size=$(($(stat -c %s "$scratch/initramfs") >> 20))
	need=$((3 * size + 192))
	if [[ ! $mem ]]; then
		mem=$((need > 1024 ? need : 1024))
		mem=$(((mem + nodes - 1) / nodes * nodes))
	elif ((mem < need)); then
		note "warning: $size MiB of files may not fit in --mem $mem (better: $need)"
	fi
}

# Node i has CPU i, the last one those that are left, and its part of the memory.
numa_options() {
	local i last
	for ((i = 0; i < nodes; i++)); do
		last=$((i == nodes - 1 ? cpus - 1 : i))
		printf '%s\n' -object "memory-backend-ram,id=node$i,size=$((mem / nodes))M" \
			-numa "node,nodeid=$i,memdev=node$i,cpus=$i-$last"
	done
}

# Each stream has a virtio-serial port of its own: unlike a serial line with a
# terminal on it, that is fast and passes every byte as it is. ttyS0 has only
# what the kernel says.
run_qemu() {
	local stream args=(
		-m "$mem" -cpu max -nic none -display none -monitor none -no-reboot
		-nodefaults -kernel "$kernel_dir/boot/vmlinuz-$kernel_release"
		-initrd "$scratch/initramfs"
		-append "console=ttyS0 quiet panic=-1 oops=panic${append:+ $append}"
		-serial "file:$scratch/console" -device virtio-serial-pci)
	for stream in stdout stderr status; do
		args+=(-chardev "file,id=$stream,path=$scratch/$stream"
			-device "virtserialport,chardev=$stream,name=mmt.$stream")
	done
	if ((icount)); then
		args+=(-icount "shift=0,sleep=off" -accel tcg,thread=single -smp 1)
	else
		# One thread for all CPUs: with one for each, a host that is busy makes the
		# guest die of patched code (below) more often than not, and kernels are
		# tested side by side anyway.
		args+=(-accel tcg,thread=single -smp "$cpus")
	fi
	((nodes == 1)) || args+=($(numa_options))
	if ((disk)); then
		args+=(-drive "if=virtio,format=raw,cache=unsafe,file=$scratch/disk")
	fi
	touch "$scratch"/{console,stdout,stderr,status}
	# In the background, because a trap runs only after a foreground command.
	timeout -k 5 "$time_limit" qemu-system-x86_64 "${args[@]}" \
		</dev/null >"$scratch/qemu" 2>&1 &
	qemu_pid=$!
	qemu_status=0
	wait "$qemu_pid" || qemu_status=$?
	qemu_pid=
}

# QEMU does not always see in time that the kernel has patched code (each attachment
# does): a CPU runs into a breakpoint that is gone, and the guest dies of what no
# real machine does.
died_of_patching() {
	grep -q 'int3: 0000' "$scratch/console" && grep -q 'Kernel panic' "$scratch/console"
}

show_console() {
	note "last lines of the console:"
	tr -d '\r' <"$scratch/console" | tail -n 60 | sed 's/^/  | /' >&2
}

report() {
	local status
	cat -- "$scratch/stdout"
	cat -- "$scratch/stderr" >&2
	status=$(<"$scratch/status")
	if ((qemu_status == 124 || qemu_status == 137)); then
		note "error: killed after $time_limit s"
		[[ ! -s $scratch/console ]] || show_console
		exit 124
	elif grep -q 'Kernel panic' "$scratch/console"; then
		note "error: kernel panic"
		show_console
		exit 125
	elif [[ ! $status =~ ^[0-9]+$ ]]; then
		note "error: the guest ended without an exit status (QEMU's is $qemu_status)"
		cat -- "$scratch/qemu" >&2
		show_console
		exit 125
	fi
	exit "$status"
}
