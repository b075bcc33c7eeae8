/* What differs from dropbear's default_options.h. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULT_ROOT_PATH DEFAULT_PATH
#define SFTPSERVER_PATH "/usr/lib/ssh/sftp-server"
#define DROPBEAR_X11FWD 0
/* All candidates, examiners and probes come from one address, that of the gateway. */
#define MAX_UNAUTH_PER_IP 30
