/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "threads/thr-item-model-private.h"

#include "base/thr-gate-private.h"

struct _ThrItemModel
{
  GObject parent_instance;
  ThrHome home;

  GType item_type;
  void (*unref) (gpointer item);

  GPtrArray *items; /* references, from `first` on */
  guint first;      /* before it, NULL: moved up now and then, not each time */
};

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ThrItemModel, thr_item_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

static guint
get_length (ThrItemModel *self)
{
  return self->items->len - self->first;
}

static void
thr_item_model_dispose (GObject *object)
{
  ThrItemModel *self = THR_ITEM_MODEL (object);

  if (!thr_home_dispose (&self->home))
    return;
  G_OBJECT_CLASS (thr_item_model_parent_class)->dispose (object);
}

static void
thr_item_model_finalize (GObject *object)
{
  ThrItemModel *self = THR_ITEM_MODEL (object);

  for (guint i = self->first; i < self->items->len; i++)
    self->unref (self->items->pdata[i]);
  g_ptr_array_unref (self->items);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_item_model_parent_class)->finalize (object);
}

static void
thr_item_model_class_init (ThrItemModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrItemModel, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_item_model_dispose;
  object_class->finalize = thr_item_model_finalize;
}

static void
thr_item_model_init (ThrItemModel *self)
{
  self->items = g_ptr_array_new ();
}

/* ---- the list model ---- */

static GType
thr_item_model_get_item_type (GListModel *model)
{
  return THR_ITEM_MODEL (model)->item_type;
}

static guint
thr_item_model_get_n_items (GListModel *model)
{
  ThrItemModel *self = THR_ITEM_MODEL (model);

  g_return_val_if_fail (thr_dispatcher_is_home (self->home.dispatcher), 0);

  return get_length (self);
}

static gpointer
thr_item_model_get_item (GListModel *model,
                         guint position)
{
  ThrItemModel *self = THR_ITEM_MODEL (model);

  g_return_val_if_fail (thr_dispatcher_is_home (self->home.dispatcher), NULL);

  return position < get_length (self) ? g_object_ref (self->items->pdata[self->first + position])
                                      : NULL;
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = thr_item_model_get_item_type;
  iface->get_n_items = thr_item_model_get_n_items;
  iface->get_item = thr_item_model_get_item;
}

/* ---- for the rest of the library ---- */

/* @unref may be called with what no list holds any more. */
ThrItemModel *
thr_item_model_new (ThrDispatcher *home,
                    GType          item_type,
                    void         (*unref) (gpointer item))
{
  ThrItemModel *self = g_object_new (THR_TYPE_ITEM_MODEL, NULL);

  thr_home_init (&self->home, thr_dispatcher_ref (home));
  self->item_type = item_type;
  self->unref = unref;
  return self;
}

static void
changed (ThrItemModel *self,
         guint         position,
         guint         n_removed,
         guint         n_added)
{
  if (thr_gate_is_open () && n_removed + n_added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
}

/* Takes the array, and the references in it. */
void
thr_item_model_append (ThrItemModel *self,
                       GPtrArray    *items)
{
  guint position = get_length (self);
  guint n_added = items->len;

  thr_assert_home (self->home.dispatcher);
  if (self->items->len == 0)
    {
      g_ptr_array_unref (self->items);
      self->items = items;
    }
  else
    g_ptr_array_extend_and_steal (self->items, items);
  changed (self, position, 0, n_added);
}

void
thr_item_model_drop (ThrItemModel *self,
                     guint         n_items)
{
  gpointer *dropped = g_memdup2 (self->items->pdata + self->first, n_items * sizeof (gpointer));

  thr_assert_home (self->home.dispatcher);
  self->first += n_items;
  if (self->first > self->items->len / 2)
    {
      g_ptr_array_remove_range (self->items, 0, self->first);
      self->first = 0;
    }
  changed (self, 0, n_items, 0);
  for (guint i = 0; i < n_items; i++)
    self->unref (dropped[i]);
  g_free (dropped);
}
