# Runs a command that can open no socket (`--no-network`), and no files but those that are listed after `--files`:
#   perl restrain.pl ARCHITECTURE [--no-network] [--files RIGHTS:PATH ...] -- COMMAND ...
# Exits with 1 where the kernel does not support it. Both need no privileges, and hold for all descendants.
#
# In Perl because the restraints must be complete before Node starts its threads, which would not inherit them, because
# Node cannot make system calls, and because every Debian and Ubuntu has Perl (perl-base is essential). util-linux has
# the same for files in `setpriv --landlock-access`, but only since 2.41.
use strict;
use warnings;

my %numbers = (    # syscalls(2), and AUDIT_ARCH_* of linux/audit.h
    x64   => { prctl => 157, socket => 41,  audit => 0xc000003e },
    arm64 => { prctl => 167, socket => 198, audit => 0xc00000b7 },
);
my ($landlock_create_ruleset, $landlock_add_rule, $landlock_restrict_self, $io_uring_setup) = (444, 445, 446, 425);

# LANDLOCK_ACCESS_FS_* of linux/landlock.h
my ($execute, $write_file, $read_file, $read_dir, $remove_dir, $remove_file) = map { 1 << $_ } 0 .. 5;
my ($make_reg, $truncate) = (1 << 8, 1 << 14);
my %rights = (
    program => $execute | $read_file | $read_dir,
    read    => $read_file | $read_dir,
    device  => $read_file | $write_file,
    input   => $read_file | $read_dir | $remove_file,
    output  => $read_file | $read_dir | $remove_file | $remove_dir | $write_file | $make_reg | $truncate,
);
my $of_a_file = $execute | $write_file | $read_file | $truncate;

sub no_new_privileges {
    my ($prctl) = @_;
    syscall($prctl, 38, 1, 0, 0, 0) == 0 or die "no_new_privs: $!\n";    # PR_SET_NO_NEW_PRIVS
}

# A filter of system calls: socket(2) fails, and io_uring_setup(2), which has operations for sockets. socketpair(2) works:
# Node needs it for pipes to its children. Calls of another architecture or of x32 have other numbers: they end the
# process, or fail.
sub no_network {
    my ($number) = @_;
    my ($load, $equal, $at_least, $return) = (0x20, 0x15, 0x35, 0x06);     # BPF_* of linux/bpf_common.h
    my ($kill, $fail, $allow) = (0x80000000, 0x00050001, 0x7fff0000);      # SECCOMP_RET_*; 1 is EPERM
    my @program = (
        [$load, 0, 0, 4],                                                  # seccomp_data.arch
        [$equal, 1, 0, $number->{audit}],
        [$return, 0, 0, $kill],
        [$load, 0, 0, 0],                                                  # seccomp_data.nr
        [$at_least, 3, 0, 0x40000000],
        [$equal, 2, 0, $number->{socket}],
        [$equal, 1, 0, $io_uring_setup],
        [$return, 0, 0, $allow],
        [$return, 0, 0, $fail],
    );
    my $filter = join '', map { pack 'SCCL', @$_ } @program;
    my $description = pack 'Sx6P', scalar @program, $filter;
    syscall($number->{prctl}, 22, 2, $description, 0, 0) == 0 or die "seccomp: $!\n";    # PR_SET_SECCOMP, filter
}

# Landlock (landlock(7)): all rights that this kernel knows are taken away, then those that are listed are granted. It
# also forbids to trace or read (in /proc) processes outside, and where supported TCP, abstract sockets and signals.
sub only_files {
    my $abi = syscall($landlock_create_ruleset, 0, 0, 1);
    die "landlock: $!\n" if $abi < 1;
    my $known = (1 << ($abi < 2 ? 13 : $abi < 3 ? 14 : $abi < 5 ? 15 : 16)) - 1;
    my @taken = ($known, $abi < 4 ? () : 3, $abi < 6 ? () : 3);
    my $attributes = pack 'Q*', @taken;
    my $ruleset = syscall($landlock_create_ruleset, $attributes, length $attributes, 0);
    die "landlock: $!\n" if $ruleset < 0;
    for (@_) {
        my ($kind, $path) = split /:/, $_, 2;
        sysopen my $handle, $path, 0x200000 or next;    # O_PATH; absent on this system
        my $rule = pack 'Ql', $rights{$kind} & $known & (-d $handle ? ~0 : $of_a_file), fileno $handle;
        syscall($landlock_add_rule, $ruleset, 1, $rule, 0) == 0 or die "$path: $!\n";
    }
    syscall($landlock_restrict_self, $ruleset, 0) == 0 or die "landlock: $!\n";
}

die "only on Linux\n" if $^O ne 'linux';
my $number = $numbers{ shift @ARGV } or die "unknown architecture\n";
no_new_privileges($number->{prctl});
my $is_offline = $ARGV[0] eq '--no-network' && shift @ARGV;
if ($ARGV[0] eq '--files') {
    shift @ARGV;
    my @files;
    push @files, shift @ARGV while $ARGV[0] ne '--';
    only_files(@files);
}
shift @ARGV;
no_network($number) if $is_offline;
exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
