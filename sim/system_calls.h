/* The system calls of Linux on x86-64 and what becomes of each that a measured program makes.
 *
 *   A  allowed, some only with certain arguments (call_filter.h)
 *   D  answered with a fixed error, or with success where that is 0: what libraries try and do without
 *   R  refused: it ends the run by its name
 *
 * Allowed is what the C and C++ libraries, CPython with its modules and real programs of contests use. All that could
 * leave something behind for a later run, or have the kernel compute for the program, is refused. */
#define SYSTEM_CALLS(A, D, R) \
    A(0, read) A(1, write) A(2, open) A(3, close) A(4, stat) A(5, fstat) A(6, lstat) A(7, poll) A(8, lseek) \
    A(9, mmap) A(10, mprotect) A(11, munmap) A(12, brk) A(13, rt_sigaction) A(14, rt_sigprocmask) \
    A(15, rt_sigreturn) A(16, ioctl) A(17, pread64) A(18, pwrite64) A(19, readv) A(20, writev) A(21, access) \
    A(22, pipe) A(23, select) A(24, sched_yield) A(25, mremap) A(26, msync) R(27, mincore) A(28, madvise) \
    R(29, shmget) R(30, shmat) R(31, shmctl) A(32, dup) A(33, dup2) A(34, pause) A(35, nanosleep) \
    A(36, getitimer) A(37, alarm) A(38, setitimer) A(39, getpid) A(40, sendfile) D(41, socket, EPERM) \
    R(42, connect) R(43, accept) A(44, sendto) A(45, recvfrom) R(46, sendmsg) R(47, recvmsg) A(48, shutdown) \
    R(49, bind) R(50, listen) A(51, getsockname) A(52, getpeername) A(53, socketpair) R(54, setsockopt) \
    A(55, getsockopt) A(56, clone) D(57, fork, EPERM) D(58, vfork, EPERM) A(59, execve) A(60, exit) \
    A(61, wait4) A(62, kill) A(63, uname) R(64, semget) R(65, semop) R(66, semctl) R(67, shmdt) R(68, msgget) \
    R(69, msgsnd) R(70, msgrcv) R(71, msgctl) A(72, fcntl) R(73, flock) A(74, fsync) A(75, fdatasync) \
    A(76, truncate) A(77, ftruncate) A(78, getdents) A(79, getcwd) A(80, chdir) A(81, fchdir) A(82, rename) \
    A(83, mkdir) A(84, rmdir) A(85, creat) A(86, link) A(87, unlink) A(88, symlink) A(89, readlink) \
    R(90, chmod) R(91, fchmod) D(92, chown, 0) D(93, fchown, 0) D(94, lchown, 0) A(95, umask) A(96, gettimeofday) \
    A(97, getrlimit) A(98, getrusage) A(99, sysinfo) A(100, times) R(101, ptrace) A(102, getuid) \
    R(103, syslog) A(104, getgid) A(105, setuid) A(106, setgid) A(107, geteuid) A(108, getegid) \
    A(109, setpgid) A(110, getppid) A(111, getpgrp) D(112, setsid, EPERM) A(113, setreuid) A(114, setregid) \
    A(115, getgroups) R(116, setgroups) A(117, setresuid) A(118, getresuid) A(119, setresgid) \
    A(120, getresgid) A(121, getpgid) A(122, setfsuid) A(123, setfsgid) A(124, getsid) R(125, capget) \
    R(126, capset) A(127, rt_sigpending) A(128, rt_sigtimedwait) D(129, rt_sigqueueinfo, EPERM) \
    A(130, rt_sigsuspend) A(131, sigaltstack) R(132, utime) R(133, mknod) R(134, uselib) R(135, personality) \
    R(136, ustat) A(137, statfs) A(138, fstatfs) R(139, sysfs) A(140, getpriority) D(141, setpriority, EPERM) \
    D(142, sched_setparam, EPERM) A(143, sched_getparam) D(144, sched_setscheduler, EPERM) \
    A(145, sched_getscheduler) A(146, sched_get_priority_max) A(147, sched_get_priority_min) \
    A(148, sched_rr_get_interval) D(149, mlock, EPERM) D(150, munlock, EPERM) D(151, mlockall, EPERM) \
    D(152, munlockall, EPERM) R(153, vhangup) R(154, modify_ldt) R(155, pivot_root) R(156, _sysctl) \
    A(157, prctl) A(158, arch_prctl) R(159, adjtimex) A(160, setrlimit) R(161, chroot) D(162, sync, 0) \
    R(163, acct) R(164, settimeofday) R(165, mount) R(166, umount2) R(167, swapon) R(168, swapoff) \
    R(169, reboot) R(170, sethostname) R(171, setdomainname) R(172, iopl) R(173, ioperm) R(174, create_module) \
    R(175, init_module) R(176, delete_module) R(177, get_kernel_syms) R(178, query_module) R(179, quotactl) \
    R(180, nfsservctl) R(181, getpmsg) R(182, putpmsg) R(183, afs_syscall) R(184, tuxcall) R(185, security) \
    A(186, gettid) R(187, readahead) R(188, setxattr) R(189, lsetxattr) R(190, fsetxattr) \
    D(191, getxattr, EOPNOTSUPP) D(192, lgetxattr, EOPNOTSUPP) D(193, fgetxattr, EOPNOTSUPP) \
    D(194, listxattr, EOPNOTSUPP) D(195, llistxattr, EOPNOTSUPP) D(196, flistxattr, EOPNOTSUPP) \
    R(197, removexattr) R(198, lremovexattr) R(199, fremovexattr) A(200, tkill) A(201, time) A(202, futex) \
    D(203, sched_setaffinity, EPERM) A(204, sched_getaffinity) R(205, set_thread_area) R(206, io_setup) \
    R(207, io_destroy) R(208, io_getevents) R(209, io_submit) R(210, io_cancel) R(211, get_thread_area) \
    R(212, lookup_dcookie) A(213, epoll_create) R(214, epoll_ctl_old) R(215, epoll_wait_old) \
    R(216, remap_file_pages) A(217, getdents64) A(218, set_tid_address) A(219, restart_syscall) \
    R(220, semtimedop) D(221, fadvise64, 0) A(222, timer_create) A(223, timer_settime) A(224, timer_gettime) \
    A(225, timer_getoverrun) A(226, timer_delete) R(227, clock_settime) A(228, clock_gettime) \
    A(229, clock_getres) A(230, clock_nanosleep) A(231, exit_group) A(232, epoll_wait) A(233, epoll_ctl) \
    A(234, tgkill) R(235, utimes) R(236, vserver) D(237, mbind, EPERM) D(238, set_mempolicy, EPERM) \
    D(239, get_mempolicy, EPERM) R(240, mq_open) R(241, mq_unlink) R(242, mq_timedsend) \
    R(243, mq_timedreceive) R(244, mq_notify) R(245, mq_getsetattr) R(246, kexec_load) A(247, waitid) \
    R(248, add_key) R(249, request_key) R(250, keyctl) D(251, ioprio_set, EPERM) A(252, ioprio_get) \
    R(253, inotify_init) R(254, inotify_add_watch) R(255, inotify_rm_watch) R(256, migrate_pages) \
    A(257, openat) A(258, mkdirat) R(259, mknodat) D(260, fchownat, 0) R(261, futimesat) A(262, newfstatat) \
    A(263, unlinkat) A(264, renameat) A(265, linkat) A(266, symlinkat) A(267, readlinkat) R(268, fchmodat) \
    A(269, faccessat) A(270, pselect6) A(271, ppoll) R(272, unshare) A(273, set_robust_list) \
    R(274, get_robust_list) R(275, splice) R(276, tee) R(277, sync_file_range) R(278, vmsplice) \
    R(279, move_pages) R(280, utimensat) A(281, epoll_pwait) A(282, signalfd) A(283, timerfd_create) \
    A(284, eventfd) A(285, fallocate) A(286, timerfd_settime) A(287, timerfd_gettime) R(288, accept4) \
    A(289, signalfd4) A(290, eventfd2) A(291, epoll_create1) A(292, dup3) A(293, pipe2) R(294, inotify_init1) \
    A(295, preadv) A(296, pwritev) D(297, rt_tgsigqueueinfo, EPERM) R(298, perf_event_open) R(299, recvmmsg) \
    R(300, fanotify_init) R(301, fanotify_mark) A(302, prlimit64) R(303, name_to_handle_at) \
    R(304, open_by_handle_at) R(305, clock_adjtime) R(306, syncfs) R(307, sendmmsg) R(308, setns) \
    A(309, getcpu) R(310, process_vm_readv) R(311, process_vm_writev) R(312, kcmp) R(313, finit_module) \
    D(314, sched_setattr, EPERM) A(315, sched_getattr) A(316, renameat2) R(317, seccomp) A(318, getrandom) \
    R(319, memfd_create) R(320, kexec_file_load) R(321, bpf) D(322, execveat, EPERM) R(323, userfaultfd) \
    R(324, membarrier) D(325, mlock2, EPERM) A(326, copy_file_range) R(327, preadv2) R(328, pwritev2) \
    R(329, pkey_mprotect) R(330, pkey_alloc) R(331, pkey_free) A(332, statx) R(333, io_pgetevents) \
    A(334, rseq) R(424, pidfd_send_signal) R(425, io_uring_setup) R(426, io_uring_enter) \
    R(427, io_uring_register) R(428, open_tree) R(429, move_mount) R(430, fsopen) R(431, fsconfig) \
    R(432, fsmount) R(433, fspick) R(434, pidfd_open) D(435, clone3, ENOSYS) A(436, close_range) \
    R(437, openat2) R(438, pidfd_getfd) A(439, faccessat2) R(440, process_madvise) A(441, epoll_pwait2) \
    R(442, mount_setattr) R(443, quotactl_fd) R(444, landlock_create_ruleset) R(445, landlock_add_rule) \
    R(446, landlock_restrict_self) R(447, memfd_secret) R(448, process_mrelease) R(449, futex_waitv) \
    R(450, set_mempolicy_home_node)
