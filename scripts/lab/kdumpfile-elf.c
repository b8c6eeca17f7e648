/*
 * Rewrites a dump as an ELF core with libkdumpfile: kdumpfile-elf BLOCK_SIZE OUT DUMP [PART ...]
 *
 * OUT has each page that libkdumpfile reads, and no segment where it reads none; and VMCOREINFO. The
 * program headers follow the ELF header, as makedumpfile wants it.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkdumpfile/kdumpfile.h>

enum { most_parts = 64, block_limit = 65536 };

static const char note_name[] = "VMCOREINFO";

struct run {
	kdump_num_t start, end;
};

static kdump_ctx_t *ctx;
static struct run *runs;
static size_t run_count;

static void add(kdump_num_t start, kdump_num_t end)
{
	if (run_count > 0 && runs[run_count - 1].end == start) {
		runs[run_count - 1].end = end;
		return;
	}
	if ((run_count & (run_count - 1)) == 0) {
		runs = realloc(runs, (run_count ? 2 * run_count : 1) * sizeof *runs);
		if (!runs)
			err(1, "realloc");
	}
	runs[run_count++] = (struct run){ start, end };
}

/* VMCOREINFO, or nothing; SIZE is its length without a zero behind it. */
static const char *vmcoreinfo(size_t *size)
{
	kdump_attr_t value;
	void *data;

	*size = 0;
	value.type = KDUMP_BLOB;
	if (kdump_get_typed_attr(ctx, "linux.vmcoreinfo.raw", &value) != KDUMP_OK)
		return "";
	data = kdump_blob_pin(value.val.blob);
	*size = data ? strnlen(data, kdump_blob_size(value.val.blob)) : 0;
	return data;
}

static Elf64_Half machine(const char *info, size_t size)
{
	/* Only arm64 writes this. QEMU's kdump header names a machine, but no system. */
	return memmem(info, size, "VA_BITS", 7) ? EM_AARCH64 : EM_X86_64;
}

static void put(int file, const void *data, size_t size, off_t offset)
{
	if (pwrite(file, data, size, offset) != (ssize_t)size)
		err(1, "write");
}

/* Writes all but the pages; OFFSET is where those begin. */
static void write_headers(int file, off_t offset)
{
	size_t size;
	const char *info = vmcoreinfo(&size);
	Elf64_Nhdr note = { sizeof note_name, size, 0 };
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = machine(info, size), .e_version = EV_CURRENT,
		.e_phoff = sizeof header, .e_ehsize = sizeof header,
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = run_count + 1,
	};
	off_t table = sizeof header;
	off_t notes = table + (run_count + 1) * sizeof(Elf64_Phdr);
	Elf64_Phdr entry = { .p_type = PT_NOTE, .p_offset = notes,
		.p_filesz = sizeof note + 12 + ((size + 3) & ~3UL) };

	if (run_count + 1 >= PN_XNUM)
		errx(1, "%zu segments are too many", run_count);
	put(file, &header, sizeof header, 0);
	put(file, &entry, sizeof entry, table);
	put(file, &note, sizeof note, notes);
	put(file, note_name, sizeof note_name, notes + sizeof note);
	put(file, info, size, notes + sizeof note + 12);
	for (size_t i = 0; i < run_count; i++) {
		kdump_num_t length = runs[i].end - runs[i].start;

		table += sizeof entry;
		entry = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X,
			.p_offset = offset, .p_paddr = runs[i].start, .p_filesz = length, .p_memsz = length };
		put(file, &entry, sizeof entry, table);
		offset += length;
	}
}

int main(int argc, char **argv)
{
	static char page[block_limit], zeros[block_limit];
	int files[most_parts], out, count = argc - 3;
	size_t block_size;
	kdump_attr_t pages = { .type = KDUMP_BITMAP };
	/* Room for the headers of as many segments as there can be, and for VMCOREINFO. */
	off_t data = (PN_XNUM * sizeof(Elf64_Phdr) + 2 * block_limit) & ~(off_t)(block_limit - 1), next = data;

	if (argc < 4 || count > most_parts)
		errx(64, "usage: kdumpfile-elf BLOCK_SIZE OUT DUMP [PART ...]");
	block_size = strtoul(argv[1], NULL, 0);
	if (block_size == 0 || block_size > block_limit)
		errx(64, "no size of blocks: %s", argv[1]);
	ctx = kdump_new();
	if (!ctx)
		err(1, "kdump_new");
	for (int i = 0; i < count; i++) {
		files[i] = open(argv[3 + i], O_RDONLY);
		if (files[i] < 0)
			err(66, "%s", argv[3 + i]);
	}
	if (kdump_open_fdset(ctx, count, files) != KDUMP_OK)
		errx(65, "%s: %s", argv[3], kdump_get_err(ctx));
	/* What it has no data of is not to be read as zeros. */
	kdump_set_number_attr(ctx, "file.zero_excluded", 0);
	/* It takes the kernel's page size for that of the blocks, which are larger in QEMU's of arm64. */
	if (kdump_set_number_attr(ctx, "arch.page_size", block_size) != KDUMP_OK ||
	    kdump_get_typed_attr(ctx, "file.pagemap", &pages) != KDUMP_OK)
		errx(65, "%s: %s", argv[3], kdump_get_err(ctx));
	out = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0666);
	if (out < 0)
		err(73, "%s", argv[2]);
	for (kdump_addr_t frame = 0; kdump_bmp_find_set(pages.val.bitmap, &frame) == KDUMP_OK; frame++) {
		kdump_addr_t address = frame * block_size;
		size_t length = block_size;
		kdump_status status = kdump_read(ctx, KDUMP_MACHPHYSADDR, address, page, &length);

		if (status == KDUMP_ERR_NODATA)
			continue;
		if (status != KDUMP_OK || length != block_size) {
			warnx("page frame %llu: %s", (unsigned long long)frame, kdump_get_err(ctx));
			continue;
		}
		add(address, address + block_size);
		if (memcmp(page, zeros, block_size) != 0)
			put(out, page, block_size, next);
		next += block_size;
	}
	if (ftruncate(out, next) < 0)
		err(1, "ftruncate");
	write_headers(out, data);
	return 0;
}
