package main

import (
	"context"
	"path"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Node is a file or a folder of the loopback, whose calls the rules are asked about first.
type Node struct {
	*fs.LoopbackNode
	rules *Rules
}

// WrapChild has every file and folder below be such a node too.
func (n *Node) WrapChild(_ context.Context, below fs.InodeEmbedder) fs.InodeEmbedder {
	return &Node{below.(*fs.LoopbackNode), n.rules}
}

func (n *Node) judge(ctx context.Context, call string) syscall.Errno {
	return n.rules.Judge(ctx, call, func() string { return n.Path(n.Root()) })
}

func (n *Node) judgeNew(ctx context.Context, name string) syscall.Errno {
	return n.rules.Judge(ctx, "create", func() string { return path.Join(n.Path(n.Root()), name) })
}

// ---- create: a new name

func (n *Node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.judgeNew(ctx, name); errno != 0 {
		return nil, nil, 0, errno
	}
	return n.LoopbackNode.Create(ctx, name, flags, mode, out)
}

func (n *Node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.judgeNew(ctx, name); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Mkdir(ctx, name, mode, out)
}

func (n *Node) Mknod(ctx context.Context, name string, mode, device uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.judgeNew(ctx, name); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Mknod(ctx, name, mode, device, out)
}

func (n *Node) Symlink(ctx context.Context, target, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.judgeNew(ctx, name); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Symlink(ctx, target, name, out)
}

func (n *Node) Link(ctx context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	if errno := n.judgeNew(ctx, name); errno != 0 {
		return nil, errno
	}
	return n.LoopbackNode.Link(ctx, target, name, out)
}

// ---- open, read, write, fsync

func (n *Node) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	if errno := n.judge(ctx, "open"); errno != 0 {
		return nil, 0, errno
	}
	return n.LoopbackNode.Open(ctx, flags)
}

func (n *Node) Read(ctx context.Context, file fs.FileHandle, into []byte, at int64) (fuse.ReadResult, syscall.Errno) {
	if errno := n.judge(ctx, "read"); errno != 0 {
		return nil, errno
	}
	return file.(fs.FileReader).Read(ctx, into, at)
}

func (n *Node) Write(ctx context.Context, file fs.FileHandle, data []byte, at int64) (uint32, syscall.Errno) {
	if errno := n.judge(ctx, "write"); errno != 0 {
		return 0, errno
	}
	return file.(fs.FileWriter).Write(ctx, data, at)
}

func (n *Node) Allocate(ctx context.Context, file fs.FileHandle, at, size uint64, mode uint32) syscall.Errno {
	if errno := n.judge(ctx, "write"); errno != 0 {
		return errno
	}
	return file.(fs.FileAllocater).Allocate(ctx, at, size, mode)
}

// CopyFileRange is left to the kernel, which then reads and writes.
func (n *Node) CopyFileRange(context.Context, fs.FileHandle, uint64, *fs.Inode, fs.FileHandle, uint64, uint64, uint64) (uint32, syscall.Errno) {
	return 0, syscall.ENOSYS
}

func (n *Node) Fsync(ctx context.Context, file fs.FileHandle, flags uint32) syscall.Errno {
	if errno := n.judge(ctx, "fsync"); errno != 0 {
		return errno
	}
	return file.(fs.FileFsyncer).Fsync(ctx, flags)
}
