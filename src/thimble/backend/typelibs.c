/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#ifdef G_OS_UNIX
#include <dlfcn.h>
#endif

/* A GType does not say which typelib describes it. What comes into question are
 * the installed ones whose library is in the process and whose prefix its name
 * begins with: these are loaded, and asked. */
typedef struct
{
  char *namespace_;
  char *version;
  char *prefixes;   /* "G,GLib" */
  char **libraries; /* their file names, as the linker knows them */
  GIRepository *repository; /* it was read by: what that has read, it never frees */
} Typelib;

/* What is installed: read once. Guarded by the lock of find.c, as the rest. */
static GPtrArray *installed;

static int
compare_typelibs (gconstpointer a,
                  gconstpointer b)
{
  const Typelib *first = *(const Typelib *const *) a;
  const Typelib *second = *(const Typelib *const *) b;
  int order = strcmp (first->namespace_, second->namespace_);

  /* The newest first. */
  return order != 0 ? order : -g_ascii_strcasecmp (first->version, second->version);
}

/* Without its dependencies, and in a repository of its own: another version of
 * it may be in use. */
static void
read_typelib (const char *file)
{
  const char *dash = strrchr (file, '-');
  GIRepository *repository;
  g_autofree char *namespace_ = NULL;
  g_autofree char *version = NULL;
  Typelib *self;

  if (dash == NULL || !g_str_has_suffix (file, ".typelib"))
    return;

  namespace_ = g_strndup (file, (gsize) (dash - file));
  version = g_strndup (dash + 1, strlen (dash + 1) - strlen (".typelib"));
  repository = gi_repository_new ();
  if (gi_repository_require (repository, namespace_, version, GI_LOAD_LAZY, NULL) == NULL)
    {
      g_object_unref (repository);
      return;
    }

  self = g_new0 (Typelib, 1);
  self->repository = repository;
  self->libraries = gi_shared_libraries (repository, namespace_);
  self->prefixes = g_strdup (gi_repository_get_c_prefix (repository, namespace_));
  self->namespace_ = g_steal_pointer (&namespace_);
  self->version = g_steal_pointer (&version);
  g_ptr_array_add (installed, self);
}

static void
read_installed (GIRepository *repository)
{
  g_auto (GStrv) folders = gi_search_path (repository);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  installed = g_ptr_array_new ();
  for (guint i = 0; folders[i] != NULL; i++)
    {
      g_autoptr (GDir) folder = g_dir_open (folders[i], 0, NULL);
      const char *file;

      while (folder != NULL && (file = g_dir_read_name (folder)) != NULL)
        if (g_hash_table_add (seen, g_strdup (file)))
          read_typelib (file);
    }
  g_ptr_array_sort (installed, compare_typelibs);
}

static gboolean
is_in_process (char **libraries)
{
#if defined(G_OS_UNIX) && defined(RTLD_NOLOAD)
  for (guint i = 0; libraries[i] != NULL; i++)
    {
      gpointer library = dlopen (libraries[i], RTLD_LAZY | RTLD_NOLOAD);

      if (library != NULL)
        {
          dlclose (library);
          return TRUE;
        }
    }

  return FALSE;
#else
  return TRUE;
#endif
}

static gboolean
has_prefix (const char *prefixes,
            const char *name)
{
  g_auto (GStrv) all = g_strsplit (prefixes != NULL ? prefixes : "", ",", -1);

  for (guint i = 0; all[i] != NULL; i++)
    if (g_str_has_prefix (name, all[i]))
      return TRUE;

  return FALSE;
}

/* In FAILURE, why the last one that came into question could not be loaded. */
GIBaseInfo *
thr_typelibs_find (GIRepository *repository,
                   GType         type,
                   char        **failure)
{
  GIBaseInfo *info = gi_repository_find_by_gtype (repository, type);

  if (info != NULL)
    return info;

  if (installed == NULL)
    read_installed (repository);
  for (guint i = 0; i < installed->len; i++)
    {
      const Typelib *typelib = installed->pdata[i];
      g_autoptr (GError) error = NULL;

      if (gi_repository_is_registered (repository, typelib->namespace_, NULL) ||
          !has_prefix (typelib->prefixes, g_type_name (type)) ||
          !is_in_process (typelib->libraries))
        continue;
      if (gi_repository_require (repository, typelib->namespace_, typelib->version, GI_LOAD_FULL, &error) == NULL)
        {
          g_free (*failure);
          *failure = g_strdup (error->message);
          continue;
        }
      info = gi_repository_find_by_gtype (repository, type);
      if (info != NULL)
        return info;
    }

  return NULL;
}
