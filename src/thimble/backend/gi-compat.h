/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* What the two libraries of introspection call differently. The backend speaks
 * the newer one's language; here it is told to the older one. */

#if THR_GIREPOSITORY == 2

#include <girepository/girepository.h>
#include <girepository/girffi.h>

#define GI_LOAD_LAZY GI_REPOSITORY_LOAD_FLAG_LAZY
#define GI_LOAD_FULL GI_REPOSITORY_LOAD_FLAG_NONE

#else

#include <girepository.h>
#include <girffi.h>

#define GI_LOAD_LAZY G_IREPOSITORY_LOAD_FLAG_LAZY
#define GI_LOAD_FULL ((GIRepositoryLoadFlags) 0)

#define gi_repository_new() ((GIRepository *) g_object_new (G_TYPE_IREPOSITORY, NULL))
#define gi_repository_require(...) g_irepository_require (__VA_ARGS__)
#define gi_repository_find_by_gtype(...) g_irepository_find_by_gtype (__VA_ARGS__)
#define gi_repository_find_by_name(...) g_irepository_find_by_name (__VA_ARGS__)
#define gi_repository_is_registered(...) g_irepository_is_registered (__VA_ARGS__)
#define gi_repository_get_version(...) g_irepository_get_version (__VA_ARGS__)
#define gi_repository_get_n_infos(...) g_irepository_get_n_infos (__VA_ARGS__)
#define gi_repository_get_info(...) g_irepository_get_info (__VA_ARGS__)
#define gi_repository_get_c_prefix(...) g_irepository_get_c_prefix (__VA_ARGS__)

#define gi_base_info_unref(info) g_base_info_unref (info)
#define gi_base_info_get_name(...) g_base_info_get_name (__VA_ARGS__)
#define gi_base_info_get_namespace(...) g_base_info_get_namespace (__VA_ARGS__)
#define gi_base_info_get_container(...) g_base_info_get_container (__VA_ARGS__)

#define gi_registered_type_info_get_g_type(...) g_registered_type_info_get_g_type (__VA_ARGS__)
#define gi_object_info_get_n_methods(info) ((guint) g_object_info_get_n_methods (info))
#define gi_object_info_get_method(...) g_object_info_get_method (__VA_ARGS__)
#define gi_object_info_find_method(...) g_object_info_find_method (__VA_ARGS__)
#define gi_object_info_get_ref_function_pointer(...) g_object_info_get_ref_function_pointer (__VA_ARGS__)
#define gi_object_info_get_unref_function_pointer(...) g_object_info_get_unref_function_pointer (__VA_ARGS__)
#define gi_interface_info_get_n_methods(info) ((guint) g_interface_info_get_n_methods (info))
#define gi_interface_info_get_method(...) g_interface_info_get_method (__VA_ARGS__)
#define gi_interface_info_find_method(...) g_interface_info_find_method (__VA_ARGS__)
#define gi_struct_info_find_method(...) g_struct_info_find_method (__VA_ARGS__)
#define gi_struct_info_get_size(...) g_struct_info_get_size (__VA_ARGS__)
#define gi_union_info_find_method(...) g_union_info_find_method (__VA_ARGS__)
#define gi_union_info_get_size(...) g_union_info_get_size (__VA_ARGS__)
#define gi_enum_info_get_n_methods(info) ((guint) g_enum_info_get_n_methods (info))
#define gi_enum_info_get_method(...) g_enum_info_get_method (__VA_ARGS__)
#define gi_enum_info_get_storage_type(...) g_enum_info_get_storage_type (__VA_ARGS__)

#define gi_callable_info_is_method(...) g_callable_info_is_method (__VA_ARGS__)
#define gi_callable_info_can_throw_gerror(...) g_callable_info_can_throw_gerror (__VA_ARGS__)
#define gi_callable_info_get_return_type(...) g_callable_info_get_return_type (__VA_ARGS__)
#define gi_callable_info_get_caller_owns(...) g_callable_info_get_caller_owns (__VA_ARGS__)
#define gi_callable_info_skip_return(...) g_callable_info_skip_return (__VA_ARGS__)
#define gi_callable_info_get_n_args(info) ((guint) g_callable_info_get_n_args (info))
#define gi_callable_info_get_arg(...) g_callable_info_get_arg (__VA_ARGS__)
#define gi_callable_info_get_instance_ownership_transfer(...) \
  g_callable_info_get_instance_ownership_transfer (__VA_ARGS__)

#define gi_arg_info_get_direction(...) g_arg_info_get_direction (__VA_ARGS__)
#define gi_arg_info_is_caller_allocates(...) g_arg_info_is_caller_allocates (__VA_ARGS__)
#define gi_arg_info_may_be_null(...) g_arg_info_may_be_null (__VA_ARGS__)
#define gi_arg_info_is_skip(...) g_arg_info_is_skip (__VA_ARGS__)
#define gi_arg_info_get_ownership_transfer(...) g_arg_info_get_ownership_transfer (__VA_ARGS__)
#define gi_arg_info_get_scope(...) g_arg_info_get_scope (__VA_ARGS__)
#define gi_arg_info_get_type_info(...) g_arg_info_get_type (__VA_ARGS__)

#define gi_type_info_is_pointer(...) g_type_info_is_pointer (__VA_ARGS__)
#define gi_type_info_get_tag(...) g_type_info_get_tag (__VA_ARGS__)
#define gi_type_info_get_param_type(...) g_type_info_get_param_type (__VA_ARGS__)
#define gi_type_info_get_interface(...) g_type_info_get_interface (__VA_ARGS__)
#define gi_type_info_is_zero_terminated(...) g_type_info_is_zero_terminated (__VA_ARGS__)
#define gi_type_info_get_array_type(...) g_type_info_get_array_type (__VA_ARGS__)
#define gi_type_tag_to_string(...) g_type_tag_to_string (__VA_ARGS__)

#define gi_function_info_get_flags(...) g_function_info_get_flags (__VA_ARGS__)
#define gi_function_info_prep_invoker(...) g_function_info_prep_invoker (__VA_ARGS__)

#endif

/* An index, or a size, or -1. */
static inline int
gi_array_length_index (GITypeInfo *info)
{
#if THR_GIREPOSITORY == 2
  guint index;

  return gi_type_info_get_array_length_index (info, &index) ? (int) index : -1;
#else
  return g_type_info_get_array_length (info);
#endif
}

static inline gssize
gi_array_fixed_size (GITypeInfo *info)
{
#if THR_GIREPOSITORY == 2
  gsize size;

  return gi_type_info_get_array_fixed_size (info, &size) ? (gssize) size : -1;
#else
  return g_type_info_get_array_fixed_size (info);
#endif
}

static inline int
gi_closure_index (GIArgInfo *info)
{
#if THR_GIREPOSITORY == 2
  guint index;

  return gi_arg_info_get_closure_index (info, &index) ? (int) index : -1;
#else
  return g_arg_info_get_closure (info);
#endif
}

static inline int
gi_destroy_index (GIArgInfo *info)
{
#if THR_GIREPOSITORY == 2
  guint index;

  return gi_arg_info_get_destroy_index (info, &index) ? (int) index : -1;
#else
  return g_arg_info_get_destroy (info);
#endif
}

/* Each for g_strfreev(). */
static inline char **
gi_shared_libraries (GIRepository *repository,
                     const char   *namespace_)
{
#if THR_GIREPOSITORY == 2
  gsize n;
  const char *const *names = gi_repository_get_shared_libraries (repository, namespace_, &n);

  return names != NULL ? g_strdupv ((char **) names) : g_new0 (char *, 1);
#else
  const char *names = g_irepository_get_shared_library (repository, namespace_);

  return names != NULL ? g_strsplit (names, ",", -1) : g_new0 (char *, 1);
#endif
}

static inline char **
gi_search_path (GIRepository *repository)
{
#if THR_GIREPOSITORY == 2
  gsize n;

  return g_strdupv ((char **) gi_repository_get_search_path (repository, &n));
#else
  GPtrArray *folders = g_ptr_array_new ();

  for (GSList *l = g_irepository_get_search_path (); l != NULL; l = l->next)
    g_ptr_array_add (folders, g_strdup (l->data));
  g_ptr_array_add (folders, NULL);

  return (char **) g_ptr_array_free (folders, FALSE);
#endif
}

static inline gboolean
gi_is_callback_info (GIBaseInfo *info)
{
#if THR_GIREPOSITORY == 2
  return GI_IS_CALLBACK_INFO (info);
#else
  return g_base_info_get_type (info) == GI_INFO_TYPE_CALLBACK;
#endif
}
