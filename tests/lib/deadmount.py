#!/usr/bin/env python3
"""A mount whose server never answers: deadmount.py DIR

Needs to be root, also of a namespace.  Says "mounted", then stays until its
standard input ends; whoever waits for the mount then gets an error.
"""
import ctypes
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
try:
    fd = os.open('/dev/fuse', os.O_RDWR)
except OSError as e:
    sys.exit(str(e))
options = f'fd={fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}'
if libc.mount(b'dead', os.fsencode(sys.argv[1]), b'fuse.dead', 0, options.encode()) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print('mounted', flush=True)
sys.stdin.read()
