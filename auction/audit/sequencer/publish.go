package sequencer

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"mingchui/auction/audit"
	"mingchui/auction/fault"
)

// publish signs the committed tree, keeps the checkpoint outside PostgreSQL, and then shows it, under the lock of the tree row so
// that two sequencers never keep an older checkpoint over a newer one. It first proves that the tree extends both the checkpoint
// outside and the published one; so a database that was restored or changed while this runs is found before it is signed.
//
// What a crash leaves: before the store took it, the store is behind the tree (the next round signs); after, the published one is
// behind the store (the next round publishes). The store is never behind what is published.
func (s *Sequencer) publish(ctx context.Context) error {
	return s.inTx(ctx, "publish checkpoint", func(tx pgx.Tx) error {
		t, err := lockTree(ctx, tx)
		if err != nil {
			return err
		}
		kept, err := s.kept(ctx)
		if err != nil {
			return err
		}
		published, err := s.published(t)
		if err != nil {
			return err
		}
		if err := extends(ctx, tx, t, kept, published); err != nil {
			return err
		}
		if published != nil && published.Size == t.size {
			return nil
		}
		signed, err := audit.Checkpoint{Origin: t.origin, Size: t.size, Root: t.root}.Sign(s.key)
		if err != nil {
			return fault.Internalf("sign checkpoint: %w", err)
		}
		if kept == nil || kept.Size < t.size {
			if err := s.store.Save(ctx, signed); err != nil {
				return fault.Internalf("keep checkpoint outside: %w", err)
			}
		}
		_, err = tx.Exec(ctx, `UPDATE tree SET checkpoint = @checkpoint`, pgx.NamedArgs{"checkpoint": string(signed)})
		if err != nil {
			return fault.Internalf("publish checkpoint: %w", err)
		}
		return nil
	})
}

// kept reads the checkpoint outside; nil when there never was one.
func (s *Sequencer) kept(ctx context.Context) (*audit.Checkpoint, error) {
	signed, err := s.store.Load(ctx)
	if errors.Is(err, ErrNoCheckpoint) {
		return nil, nil //nolint:nilnil // none is a case of its own
	}
	if err != nil {
		return nil, fault.Internalf("read checkpoint outside: %w", err)
	}
	c, err := audit.OpenCheckpoint(signed, s.key.VerifierKey())
	if err != nil {
		return nil, fork("the checkpoint kept outside is not one of this key (%w): the store or the key is another log's", err)
	}
	return &c, nil
}

// published reads the checkpoint that is shown; nil when none was.
func (s *Sequencer) published(t treeRow) (*audit.Checkpoint, error) {
	if t.origin != s.key.Name() {
		return nil, fork("the database holds the log %q, but the key signs for %q", t.origin, s.key.Name())
	}
	if t.checkpoint == "" {
		return nil, nil //nolint:nilnil // none is a case of its own
	}
	c, err := audit.OpenCheckpoint([]byte(t.checkpoint), s.key.VerifierKey())
	if err != nil {
		return nil, fork("the published checkpoint is not one of this key (%w): the tree row or the key was changed", err)
	}
	return &c, nil
}

// extends proves that the tree row's tree continues what was signed before. Each refusal says whether a crash can explain it.
func extends(ctx context.Context, tx pgx.Tx, t treeRow, kept, published *audit.Checkpoint) error {
	if kept == nil {
		if published != nil {
			return fork("a checkpoint of size %d is published, but none is kept outside: the store was lost or is another one. "+
				"No crash explains it: a checkpoint is kept before it is published", published.Size)
		}
		return sameRoot(ctx, tx, audit.Checkpoint{Size: t.size, Root: t.root}, "the tree row")
	}
	if published != nil && published.Size > kept.Size {
		return fork("the published checkpoint has size %d, the one kept outside %d: the store was set back. "+
			"No crash explains it: a checkpoint is kept before it is published", published.Size, kept.Size)
	}
	if t.size < kept.Size {
		return fork("the tree has %d leaves, but a checkpoint over %d was signed: the database was set back, as by a restored backup. "+
			"No crash explains it: leaves are committed before they are signed. Entries %d to %d must be read again from published tiles",
			t.size, kept.Size, t.size, kept.Size-1)
	}
	if err := sameRoot(ctx, tx, *kept, "the checkpoint kept outside"); err != nil {
		return err
	}
	if published != nil {
		if err := sameRoot(ctx, tx, *published, "the published checkpoint"); err != nil {
			return err
		}
	}
	return sameRoot(ctx, tx, audit.Checkpoint{Size: t.size, Root: t.root}, "the tree row")
}

func sameRoot(ctx context.Context, tx pgx.Tx, c audit.Checkpoint, what string) error {
	edge, err := frontier(ctx, tx, c.Size)
	if err != nil {
		return err
	}
	if edge.Root() != c.Root {
		return fork("the stored hashes give another root at size %d than %s: leaves were changed. No crash explains it", c.Size, what)
	}
	return nil
}
