#pragma once
/* Typed wrappers for what Swift cannot import: variadic functions, unions and macros of libcurl
   and OpenSSL. Each is one call; nothing is decided here. */
#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

typedef size_t (*shim_data_function)(char *_Nonnull, size_t, size_t, void *_Nullable);
typedef int (*shim_socket_function)(CURL *_Nonnull, curl_socket_t, int, void *_Nullable,
                                    void *_Nullable);
typedef int (*shim_timer_function)(CURLM *_Nonnull, long, void *_Nullable);
typedef curl_socket_t (*shim_open_socket_function)(void *_Nullable, curlsocktype,
                                                   struct curl_sockaddr *_Nonnull);
typedef CURLcode (*shim_ssl_context_function)(CURL *_Nonnull, void *_Nonnull, void *_Nullable);
typedef int (*shim_debug_function)(CURL *_Nonnull, curl_infotype, char *_Nonnull, size_t,
                                   void *_Nullable);
typedef int (*shim_progress_function)(void *_Nullable, curl_off_t, curl_off_t, curl_off_t,
                                      curl_off_t);
typedef int (*shim_prerequest_function)(void *_Nullable, char *_Nullable, char *_Nullable, int,
                                        int);

/* curl_easy_setopt(3), one wrapper for each type of value. */
static inline CURLcode shim_set_long(CURL *_Nonnull h, CURLoption option, long value) {
    return curl_easy_setopt(h, option, value);
}
static inline CURLcode shim_set_string(CURL *_Nonnull h, CURLoption option,
                                       const char *_Nullable value) {
    return curl_easy_setopt(h, option, value);
}
static inline CURLcode shim_set_pointer(CURL *_Nonnull h, CURLoption option,
                                        void *_Nullable value) {
    return curl_easy_setopt(h, option, value);
}
static inline CURLcode shim_set_data_function(CURL *_Nonnull h, CURLoption option,
                                              shim_data_function _Nonnull function) {
    return curl_easy_setopt(h, option, function);
}
static inline CURLcode shim_set_open_socket(CURL *_Nonnull h,
                                            shim_open_socket_function _Nonnull function) {
    return curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode shim_set_ssl_context(CURL *_Nonnull h,
                                            shim_ssl_context_function _Nonnull function) {
    return curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, function);
}
static inline CURLcode shim_set_prerequest(CURL *_Nonnull h,
                                           shim_prerequest_function _Nonnull function) {
    return curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, function);
}
static inline CURLcode shim_set_debug(CURL *_Nonnull h, shim_debug_function _Nonnull function) {
    return curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, function);
}
static inline CURLcode shim_set_progress(CURL *_Nonnull h,
                                         shim_progress_function _Nonnull function) {
    return curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, function);
}

/* curl_easy_getinfo(3), one wrapper for each type of value. */
static inline long shim_get_long(CURL *_Nonnull h, CURLINFO info) {
    long value = 0;
    curl_easy_getinfo(h, info, &value);
    return value;
}
static inline int64_t shim_get_offset(CURL *_Nonnull h, CURLINFO info) {
    curl_off_t value = 0;
    curl_easy_getinfo(h, info, &value);
    return value;
}
static inline const char *_Nullable shim_get_string(CURL *_Nonnull h, CURLINFO info) {
    char *value = NULL;
    curl_easy_getinfo(h, info, &value);
    return value;
}
static inline void *_Nullable shim_get_private(CURL *_Nonnull h) {
    char *value = NULL;
    curl_easy_getinfo(h, CURLINFO_PRIVATE, &value);
    return value;
}

/* curl_multi_setopt(3). */
static inline CURLMcode shim_multi_callbacks(CURLM *_Nonnull m,
                                             shim_socket_function _Nonnull socket,
                                             shim_timer_function _Nonnull timer,
                                             void *_Nullable context) {
    CURLMcode code = curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) code = curl_multi_setopt(m, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = curl_multi_setopt(m, CURLMOPT_TIMERDATA, context);
    return code;
}

/* CURLMsg.data is a union. Returns 1 and fills both values while a finished transfer was read. */
static inline int shim_next_finished(CURLM *_Nonnull m, CURL *_Nullable *_Nonnull easy,
                                     CURLcode *_Nonnull code) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(m, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *easy = message->easy_handle;
        *code = message->data.result;
        return 1;
    }
    return 0;
}

/* OpenSSL macros. */
static inline long shim_request_ocsp_staple(SSL_CTX *_Nonnull context) {
    return SSL_CTX_set_tlsext_status_type(context, TLSEXT_STATUSTYPE_ocsp);
}
/* The bytes of the stapled OCSP response, which stay libssl's; 0 or less when there is none. */
static inline long shim_ocsp_staple(SSL *_Nonnull ssl,
                                    const unsigned char *_Nullable *_Nonnull response) {
    return SSL_get_tlsext_status_ocsp_resp(ssl, response);
}
/* Called when the server's certificate and staple are here and nothing of ours has been sent. */
static inline long shim_on_ocsp_staple(SSL_CTX *_Nonnull context,
                                       int (*_Nonnull callback)(SSL *_Nonnull, void *_Nullable)) {
    return SSL_CTX_set_tlsext_status_cb(context, callback);
}
static inline long shim_set_maximum_chain_bytes(SSL_CTX *_Nonnull context, long bytes) {
    return SSL_CTX_set_max_cert_list(context, bytes);
}
static inline long shim_disable_session_cache(SSL_CTX *_Nonnull context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline int shim_certificate_count(const STACK_OF(X509) *_Nullable chain) {
    return chain ? sk_X509_num(chain) : 0;
}
static inline X509 *_Nullable shim_certificate(const STACK_OF(X509) *_Nonnull chain, int index) {
    return sk_X509_value(chain, index);
}
static inline int shim_name_count(const STACK_OF(GENERAL_NAME) *_Nonnull names) {
    return sk_GENERAL_NAME_num(names);
}
static inline GENERAL_NAME *_Nullable shim_name(const STACK_OF(GENERAL_NAME) *_Nonnull names,
                                                int index) {
    return sk_GENERAL_NAME_value(names, index);
}
static inline void shim_names_free(STACK_OF(GENERAL_NAME) *_Nullable names) {
    GENERAL_NAMES_free(names);
}
/* The value of a GENERAL_NAME of type GEN_DNS or GEN_IPADD; NULL for the others. */
static inline const ASN1_STRING *_Nullable shim_name_value(const GENERAL_NAME *_Nonnull name) {
    if (name->type == GEN_DNS) return name->d.dNSName;
    if (name->type == GEN_IPADD) return name->d.iPAddress;
    return NULL;
}
static inline int shim_name_type(const GENERAL_NAME *_Nonnull name) { return name->type; }
static inline const char *_Nullable shim_cipher_standard_name(const SSL *_Nonnull ssl) {
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    return cipher ? SSL_CIPHER_standard_name(cipher) : NULL;
}
static inline int shim_error_reason(unsigned long code) { return ERR_GET_REASON(code); }
static inline int shim_error_library(unsigned long code) { return ERR_GET_LIB(code); }
/* The group of the key exchange; writes its name and returns 1 when it is known. */
static inline int shim_group_name(SSL *_Nonnull ssl, char *_Nonnull buffer, size_t capacity) {
    EVP_PKEY *key = NULL;
    size_t length = 0;
    int found = 0;
    if (!SSL_get_peer_tmp_key(ssl, &key) || key == NULL) return 0;
    if (EVP_PKEY_get_group_name(key, buffer, capacity, &length) == 1) {
        found = 1;
    } else {
        const char *name = OBJ_nid2sn(EVP_PKEY_get_base_id(key));
        if (name != NULL) {
            OPENSSL_strlcpy(buffer, name, capacity);
            found = 1;
        }
    }
    EVP_PKEY_free(key);
    return found;
}
static inline int shim_new_context_index(void) {
    return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}
static inline int shim_new_connection_index(void) {
    return SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}
/* The roots of one connection, apart from those of its context. */
static inline long shim_set_verify_store(SSL *_Nonnull ssl, X509_STORE *_Nonnull store) {
    return SSL_set1_verify_cert_store(ssl, store);
}
static inline long shim_set_server_name(SSL *_Nonnull ssl, const char *_Nonnull name) {
    return SSL_set_tlsext_host_name(ssl, name);
}
static inline uint64_t shim_ignore_unexpected_eof(void) { return SSL_OP_IGNORE_UNEXPECTED_EOF; }
static inline uint64_t shim_allow_legacy_servers(void) { return SSL_OP_LEGACY_SERVER_CONNECT; }
static inline int shim_store_count(X509_STORE *_Nonnull store) {
    return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}
static inline unsigned long shim_readable_name_flags(void) {
    return XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
}

/* socket(2) with close-on-exec, so that no child inherits a probe's connection. */
static inline int shim_socket(int family, int type, int protocol) {
    return socket(family, type | SOCK_CLOEXEC, protocol);
}
static inline int shim_stream_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
static inline int shim_datagram_socket(int family) {
    return socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Path verification: stacks, macros and nested unions of X509. */
static inline int shim_new_store_context_index(void) {
    return CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, NULL, NULL, NULL, NULL);
}
static inline STACK_OF(X509) *_Nullable shim_certificates_new(void) { return sk_X509_new_null(); }
/* Adds without taking a reference. */
static inline int shim_certificates_push(STACK_OF(X509) *_Nonnull chain, X509 *_Nonnull added) {
    return sk_X509_push(chain, added);
}
/* Frees the stack, not what is in it. */
static inline void shim_certificates_free(STACK_OF(X509) *_Nullable chain) { sk_X509_free(chain); }
/* Frees the stack and drops a reference to each certificate in it. */
static inline void shim_certificates_release(STACK_OF(X509) *_Nullable chain) {
    sk_X509_pop_free(chain, X509_free);
}
static inline int shim_memory_bio_is_at_end(BIO *_Nonnull memory) { return BIO_eof(memory) == 1; }
/* The value of a GENERAL_NAME of type GEN_URI; NULL for the others. */
static inline const ASN1_STRING *_Nullable shim_name_uri(const GENERAL_NAME *_Nonnull name) {
    return name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
}
static inline NAME_CONSTRAINTS *_Nullable shim_name_constraints(const X509 *_Nonnull certificate) {
    return X509_get_ext_d2i(certificate, NID_name_constraints, NULL, NULL);
}
static inline void shim_name_constraints_free(NAME_CONSTRAINTS *_Nullable constraints) {
    NAME_CONSTRAINTS_free(constraints);
}
static inline int shim_excluded_count(const NAME_CONSTRAINTS *_Nonnull constraints) {
    return constraints->excludedSubtrees ? sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees)
                                         : 0;
}
static inline GENERAL_NAME *_Nullable shim_excluded(const NAME_CONSTRAINTS *_Nonnull constraints,
                                                    int index) {
    return sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, index)->base;
}
static inline int shim_permitted_count(const NAME_CONSTRAINTS *_Nonnull constraints) {
    return constraints->permittedSubtrees ? sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees)
                                          : 0;
}
static inline GENERAL_NAME *_Nullable shim_permitted(const NAME_CONSTRAINTS *_Nonnull constraints,
                                                     int index) {
    return sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, index)->base;
}
static inline CRL_DIST_POINTS *_Nullable shim_crl_points(const X509 *_Nonnull certificate) {
    return X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);
}
static inline void shim_crl_points_free(CRL_DIST_POINTS *_Nullable points) {
    CRL_DIST_POINTS_free(points);
}
static inline int shim_crl_point_count(const CRL_DIST_POINTS *_Nonnull points) {
    return sk_DIST_POINT_num(points);
}
/* The full names of a distribution point; NULL when it has none. Belongs to the point. */
static inline GENERAL_NAMES *_Nullable shim_full_names(const DIST_POINT_NAME *_Nullable name) {
    return name != NULL && name->type == 0 ? name->name.fullname : NULL;
}
static inline GENERAL_NAMES *_Nullable shim_crl_point_names(const CRL_DIST_POINTS *_Nonnull points,
                                                            int index) {
    return shim_full_names(sk_DIST_POINT_value(points, index)->distpoint);
}
static inline ISSUING_DIST_POINT *_Nullable shim_issuing_point(const X509_CRL *_Nonnull crl,
                                                               int *_Nonnull critical) {
    return X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, critical, NULL);
}
static inline void shim_issuing_point_free(ISSUING_DIST_POINT *_Nullable point) {
    ISSUING_DIST_POINT_free(point);
}
/* The URL of the issuer's certificate (RFC 5280 section 4.2.2.1), copied; returns 1 if there. */
static inline int shim_issuer_url(const X509 *_Nonnull certificate, char *_Nonnull buffer,
                                  size_t capacity) {
    AUTHORITY_INFO_ACCESS *all = X509_get_ext_d2i(certificate, NID_info_access, NULL, NULL);
    int found = 0;
    if (all == NULL) return 0;
    for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(all) && !found; i++) {
        const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(all, i);
        if (OBJ_obj2nid(one->method) != NID_ad_ca_issuers || one->location->type != GEN_URI)
            continue;
        const ASN1_STRING *url = one->location->d.uniformResourceIdentifier;
        size_t length = (size_t)ASN1_STRING_length(url);
        if (length >= capacity || memchr(ASN1_STRING_get0_data(url), 0, length) != NULL) continue;
        memcpy(buffer, ASN1_STRING_get0_data(url), length);
        buffer[length] = 0;
        found = 1;
    }
    AUTHORITY_INFO_ACCESS_free(all);
    return found;
}
