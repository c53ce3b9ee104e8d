//! The object store of a URL: a directory, Azure Storage, S3 or Google Cloud Storage.
//!
//! Credentials and all else that a store needs are options under the names that the `object_store` crate
//! has for them, which are those of the environment variables of each cloud's own tools. What is configured
//! goes before the environment; without a key, token or secret a managed identity is asked for.

use std::sync::Arc;

use object_store::aws::AmazonS3ConfigKey;
use object_store::azure::AzureConfigKey;
use object_store::gcp::GoogleConfigKey;
use object_store::{ObjectStore, parse_url_opts};
use url::Url;

/// Where Azure's hosts say how a managed identity is asked for, under a name that begins with no cloud's.
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// A store that is reached over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cloud {
    Azure,
    S3,
    Google,
}

impl Cloud {
    fn of(url: &Url) -> Option<Self> {
        match url.scheme() {
            "az" | "azure" | "adl" | "abfs" | "abfss" => Some(Self::Azure),
            "s3" | "s3a" => Some(Self::S3),
            "gs" => Some(Self::Google),
            _ => None,
        }
    }

    /// Its name, how its environment variables begin, and an option of it.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Azure => ("Azure Storage", "AZURE_", "azure_storage_account_name"),
            Self::S3 => ("S3", "AWS_", "aws_region"),
            Self::Google => ("Google Cloud Storage", "GOOGLE_", "google_service_account"),
        }
    }

    fn has_option(self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        match self {
            Self::Azure => name.parse::<AzureConfigKey>().is_ok(),
            Self::S3 => name.parse::<AmazonS3ConfigKey>().is_ok(),
            Self::Google => name.parse::<GoogleConfigKey>().is_ok(),
        }
    }
}

/// Opens the store of a URL; why it cannot be, and what to do.
pub(super) fn open(
    url: &Url,
    options: &[(String, String)],
) -> Result<Arc<dyn ObjectStore>, String> {
    let Some(cloud) = Cloud::of(url) else {
        return match url.scheme() {
            "file" | "memory" => built(url, Vec::new()),
            "https" | "http" => {
                Err("write it as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH, \
                                     az://CONTAINER/PATH, s3://BUCKET/PATH or gs://BUCKET/PATH"
                    .into())
            }
            scheme => Err(format!("{scheme}:// is not a store that is known")),
        };
    };
    let (name, prefix, example) = cloud.names();
    if url.query().is_some() {
        return Err(
            "what follows the `?` may be a secret, which has no place in a name; set it in the \
                    environment, such as AZURE_STORAGE_SAS_TOKEN, or under `storage`"
                .into(),
        );
    }
    if let Some((option, _)) = options.iter().find(|(option, _)| !cloud.has_option(option)) {
        return Err(format!("{name} has no option {option:?}, such as {example} is one"));
    }
    let of_cloud = std::env::vars().filter(|(variable, _)| variable.starts_with(prefix));
    let identity = std::env::var(IDENTITY_ENDPOINT).ok().filter(|_| cloud == Cloud::Azure);
    let identity = identity.map(|endpoint| ("azure_identity_endpoint".to_owned(), endpoint));
    built(url, of_cloud.chain(identity).chain(options.iter().cloned()).collect())
        .map_err(|reason| format!("{reason}; {name} is told by options such as {example}, in the environment or under `storage`"))
}

fn built(url: &Url, options: Vec<(String, String)>) -> Result<Arc<dyn ObjectStore>, String> {
    match parse_url_opts(url, options) {
        Ok((store, _)) => Ok(Arc::from(store)),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(url: &str, options: &[(&str, &str)]) -> Result<String, String> {
        let options: Vec<_> =
            options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        open(&Url::parse(url).unwrap(), &options).map(|store| store.to_string())
    }

    #[test]
    fn every_cloud_is_reached_by_its_url() {
        let key = [("azure_storage_account_key", "c2VjcmV0"), ("account_name", "contoso")];
        for (url, options, store) in [
            ("az://logs/entralog/", &key[..], "account: contoso, container: logs"),
            (
                "abfss://logs@fabrikam.dfs.core.windows.net/x/",
                &key[..1],
                "account: fabrikam, container: logs",
            ),
            ("s3://logs/x/", &[("aws_region", "eu-central-1")], "AmazonS3(logs)"),
            ("gs://logs/x/", &[], "GoogleCloudStorage(logs)"),
            ("memory:///x/", &[], "InMemory"),
        ] {
            let opened = opened(url, options).unwrap();
            assert!(opened.contains(store), "{url}: {opened}");
        }
    }

    #[test]
    fn what_cannot_be_opened_says_what_to_write() {
        for (url, options, reason) in [
            ("az://logs/x/", &[][..], "azure_storage_account_name"),
            ("az://logs/x/", &[("acount_name", "x")], "no option \"acount_name\""),
            ("s3://logs/x/", &[("account_name", "x")], "S3 has no option"),
            ("az://logs/x/?sig=hush", &[("account_name", "x")], "AZURE_STORAGE_SAS_TOKEN"),
            ("https://contoso.blob.core.windows.net/logs/", &[], "abfss://CONTAINER@ACCOUNT"),
            ("gopher://x/", &[], "gopher:// is not a store"),
        ] {
            let error = opened(url, options).unwrap_err();
            assert!(error.contains(reason) && !error.contains("hush"), "{url}: {error}");
        }
    }
}
